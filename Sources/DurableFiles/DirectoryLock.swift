// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Whoever publishes in a directory holds its lock shared, and whoever sweeps it must have it alone for that moment: else
// a run of another configuration, or one that began before the configuration was replaced, would lose what it writes.
// Both locks help and neither is needed: where a file system has none, or a stranger holds one, work goes on.
extension Directory {
    /// How long to wait for somebody who sweeps, in milliseconds; sweeping takes less than one.
    private static let patience = 200

    /// Keeps others from sweeping, if that can be had.
    func shareLock() {
        var waited = 0
        while flock(descriptor.number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR,
            waited < Self.patience
        {
            _ = poll(nil, 0, 10)
            waited += 10
        }
    }

    /// Whether nobody else publishes here, as far as locks can tell; then nobody does before ``shareLock()``.
    func lockIfAlone() -> Bool {
        flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// Waits until no other program has this directory open for publishing, at most so long; until this one is closed,
    /// nobody who asks for the same is let in.
    package func lock(waitingUntil deadline: ContinuousClock.Instant) {
        _ = try? takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: { false })
    }
}
