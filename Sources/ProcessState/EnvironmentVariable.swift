// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// The process's environment, one variable at a time. `ProcessInfo.environment` would leave copies of all of it.
///
/// Changing the environment is not safe beside other threads that read it: take and unset before they start.
package enum EnvironmentVariable {
    /// A variable that is no secret; nil where it is not set or not UTF-8.
    package static func read(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(validatingCString: value)
    }

    /// Moves a secret out: the caller gets the only copy, to wipe; `/proc/PID/environ` and children show none.
    package static func take(_ name: String) -> [UInt8]? {
        guard let value = unsafe getenv(name) else { return nil }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value)))
        unset(name)
        return bytes
    }

    /// Overwrites each entry of that name in place and removes it.
    package static func unset(_ name: String) {
        unsafe linux_wipe_environment(name)
        unsafe unsetenv(name)
    }
}
