// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Reads and removes single environment variables. `ProcessInfo.environment` would leave copies of all of them.
///
/// Changing the environment is not thread-safe: take and unset variables before starting threads.
package enum EnvironmentVariable {
    /// For a variable without a secret. nil if it is not set or not UTF-8.
    package static func read(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(validatingCString: value)
    }

    /// Takes a secret out of the environment, `/proc/PID/environ` included. The caller has the only copy and wipes
    /// it.
    package static func take(_ name: String) -> [UInt8]? {
        guard let value = unsafe getenv(name) else { return nil }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value)))
        unset(name)
        return bytes
    }

    /// Overwrites every entry of that name and removes it.
    package static func unset(_ name: String) {
        unsafe linux_wipe_environment(name)
        unsafe unsetenv(name)
    }
}
