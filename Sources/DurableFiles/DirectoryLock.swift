// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

// Publishing holds a shared lock on the directory; sweeping needs the exclusive lock. Otherwise a run with another
// configuration could lose the files it is writing. The locks are best effort: if locking is not supported, or
// another user holds the lock, the run continues.
extension Directory {
    /// The total time that a process waits for sweeping processes, in milliseconds. A sweep takes less than one. Any
    /// user who can open the directory can hold its lock, so the wait must be short.
    private static let patience = 200
    private static let waited = Atomic<Int>(0)

    /// Keeps other processes from sweeping, if the lock is available.
    package func shareLock() {
        while flock(descriptor.number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR,
            Self.waited.load(ordering: .relaxed) < Self.patience
        {
            _ = poll(nil, 0, 10)
            Self.waited.add(10, ordering: .relaxed)
        }
    }

    /// Lets other processes sweep, and this one through another path to the directory.
    package func unlock() { _ = flock(descriptor.number, LOCK_UN) }

    /// Whether no other process publishes here, as far as locks show. If so, none does before ``unlock()``.
    func lockIfAlone() -> Bool {
        flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// Takes the exclusive lock, which is held until the directory is closed. Continues without it after `deadline`.
    package func lock(waitingUntil deadline: ContinuousClock.Instant) {
        _ = try? takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: { false })
    }
}
