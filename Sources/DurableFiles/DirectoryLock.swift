// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

// Whoever publishes in a directory holds its lock shared, and whoever sweeps it must have it alone for that moment: else
// a run of another configuration, or one that began before the configuration was replaced, would lose what it writes.
// Both locks help and neither is needed: where a file system has none, or a stranger holds one, work goes on.
extension Directory {
    /// How long a process waits in all for those who sweep, in milliseconds: that takes them less than one, and
    /// whoever may open a directory may hold its lock for as long as they please.
    private static let patience = 200
    private static let waited = Atomic<Int>(0)

    /// Keeps others from sweeping, if that can be had.
    package func shareLock() {
        while flock(descriptor.number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR,
            Self.waited.load(ordering: .relaxed) < Self.patience
        {
            _ = poll(nil, 0, 10)
            Self.waited.add(10, ordering: .relaxed)
        }
    }

    /// Lets others sweep, and this process by another path to the directory.
    package func unlock() { _ = flock(descriptor.number, LOCK_UN) }

    /// Whether nobody else publishes here, as far as locks can tell; then nobody does before ``unlock()``.
    func lockIfAlone() -> Bool {
        flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// Waits until no other program has this directory open for publishing, at most so long; until this one is closed,
    /// nobody who asks for the same is let in.
    package func lock(waitingUntil deadline: ContinuousClock.Instant) {
        _ = try? takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: { false })
    }
}
