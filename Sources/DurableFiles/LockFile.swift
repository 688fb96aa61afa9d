// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A separate lock file, for a file that cannot be locked itself. It is never removed: otherwise two processes could
/// each lock a different file of that name.
package final class LockFile: Sendable {
    private let path: String
    private let descriptor: Descriptor

    /// Creates the file if it does not exist. It is open for writing, since NFS needs that for a lock.
    package init(in directory: Directory, name: String) throws(FileError) {
        let path = directory.path(of: name)
        self.path = path
        descriptor = Descriptor(
            owning: try attempt(.open, path) {
                unsafe openat(
                    directory.descriptor.number, name,
                    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o600)
            })
        let kind = FileKind(mode: try look(descriptor, path: path).mode)
        guard kind == .regular else { throw FileError(.open, path, .notARegularFile(kind)) }
    }

    /// As ``InputFile/lock(waitingUntil:isCancelled:)``.
    package func lock(
        waitingUntil deadline: ContinuousClock.Instant? = nil, isCancelled: () -> Bool = { false }
    ) throws(FileError) -> Bool {
        try takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: isCancelled)
    }
}

/// Takes the exclusive advisory lock. Returns false if another process still holds it at the deadline.
func takeLock(
    _ descriptor: borrowing Descriptor, path: String, waitingUntil deadline: ContinuousClock.Instant?,
    isCancelled: () -> Bool
) throws(FileError) -> Bool {
    let number = descriptor.number
    while true {
        do {
            try attempt(.lock, path) { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            guard error.errorNumber == EWOULDBLOCK else { throw error }
        }
        guard let deadline, !isCancelled() else { return false }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return false }
        let pause = min(left, .milliseconds(100))
        // poll(2) without descriptors sleeps for milliseconds. Rounded up, so that the last one is no busy wait.
        _ = poll(nil, 0, Int32(pause.components.attoseconds / 1_000_000_000_000_000) + 1)
    }
}
