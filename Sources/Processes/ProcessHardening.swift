// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Settings of a process that handles secrets.
package enum ProcessHardening {
    /// Call it before any thread starts. Failed steps are ignored, since no action would help.
    ///
    /// - Crash signals get their default action: the crash report of Swift would print memory behind registers.
    /// - Writing to a closed pipe or above the file size limit becomes an error instead of killing the process.
    /// - The parent may have set `SIGCHLD` to be ignored; the default allows waiting for children.
    /// - New files are private. There are no core dumps, and other processes of the same user cannot read the memory.
    /// - All threads share two heaps, to keep the memory of a large run small.
    /// - Descriptors 0 to 2 are open, so that output never goes to a file that was opened later.
    package static func apply() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT, SIGCHLD] {
            signal(number, SIG_DFL)
        }
        for number in [SIGPIPE, SIGXFSZ] {
            signal(number, SIG_IGN)
        }
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = linux_set_undumpable()
        linux_share_heaps()
        openStandardDescriptors()
    }

    private static func openStandardDescriptors() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 && errno == EBADF {
            // open(2) returns the lowest free number, which is this one.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}

/// The effective user and group of this process.
package enum ProcessIdentity {
    package static var user: UInt32 { geteuid() }
    package static var group: UInt32 { getegid() }
}
