// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Looks up programs as the system does when it starts one.
package enum Executable {
    /// Whether a program can be started by this path, or by this name in a directory of `PATH`.
    package static func exists(_ name: String) -> Bool {
        guard !name.isEmpty, !name.utf8.contains(0) else { return false }
        if name.utf8.contains(0x2f) { return isExecutable(name) }
        // The second path is that of execvp(3).
        let path = EnvironmentVariable.read("PATH") ?? "/bin:/usr/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).contains { directory in
            isExecutable(directory.isEmpty ? name : "\(directory)/\(name)")
        }
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return unsafe faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0
    }
}
