// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// What a process that handles secrets sets before it does anything else.
package enum ProcessHygiene {
    /// Call it first, before any thread is started. No step can fail in a way that anybody could act on.
    ///
    /// - Crash signals do their default again: Swift's crash report would print the bytes behind every register.
    /// - Writing to a closed pipe or above the file size limit becomes an error instead of an end without a report.
    /// - Children can be waited for, even where whoever started this ignores `SIGCHLD`.
    /// - No file is born open to others, no memory goes to disk, no process of the same user looks inside.
    /// - All threads share two heaps: a run with ten thousand brands is to stay small.
    /// - Descriptors 0 to 2 are open, lest a file that is opened later stands in their place and is printed into.
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
            // The lowest free number is the one just found free.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}
