// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A regular file opened for reading, and the lock that a run holds on it. Closed, and with that unlocked, with its
/// last reference.
package final class InputFile: Sendable {
    /// What the file's status said when it was opened.
    package struct Status: Sendable, Equatable {
        /// Permission bits, at most 0o7777.
        package let mode: UInt32
        package let owner: UInt32
        package let group: UInt32
        /// Bytes.
        package let size: UInt64

        /// Neither group nor others may do anything with the file.
        package var isPrivate: Bool { mode & 0o077 == 0 }
        /// Anybody may change the file.
        package var isWritableByOthers: Bool { mode & S_IWOTH != 0 }
    }

    package let path: String
    package let status: Status
    private let descriptor: Descriptor

    /// Opens a file, following symbolic links (Kubernetes mounts secrets as links). A pipe, socket or device is
    /// refused without waiting for its other end.
    /// - Parameter followsLink: where this is false, a link at the path is ``FileError/Reason/symlinkLoop``.
    package init(path: String, followsLink: Bool = true) throws(FileError) {
        guard !path.hasZeroByte else { throw FileError(.open, path, .invalidName) }
        descriptor = Descriptor(
            owning: try attempt(.open, path) {
                unsafe path.withCString { path in
                    unsafe Glibc.open(
                        path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
                }
            })
        let seen = try look(descriptor, path: path)
        let kind = FileKind(mode: seen.mode)
        guard kind == .regular else { throw FileError(.open, path, .notARegularFile(kind)) }
        self.path = path
        status = Status(mode: seen.mode & 0o7777, owner: seen.owner, group: seen.group, size: seen.size)
    }

    /// The whole file in one buffer, which may be a secret's: the caller wipes it, and no other copy was made.
    ///
    /// - Throws: ``FileError/Reason/tooLarge`` above `maximumSize` bytes.
    package func read(maximumSize: Int) throws(FileError) -> [UInt8] {
        var tries = 3
        var size = status.size
        while true {
            do {
                return try readAll(descriptor, size: size, maximumSize: maximumSize, path: path)
            } catch {
                tries -= 1
                guard error.reason == .unstable, tries > 0 else { throw error }
                size = try look(descriptor, path: path).size
            }
        }
    }

    /// Whether the path still leads to this very file. A file that was replaced by a rename is locked in vain:
    /// whoever comes next locks the new one.
    package var isCurrent: Bool {
        var now = stat()
        guard unsafe stat(path, &now) == 0 else { return false }
        var own = stat()
        return unsafe fstat(descriptor.number, &own) == 0 && own.st_dev == now.st_dev && own.st_ino == now.st_ino
    }

    /// Takes the exclusive advisory lock (`flock`), which the kernel releases with the process, however it ends.
    ///
    /// - Parameters:
    ///   - deadline: How long to wait for another holder; nil does not wait.
    ///   - isCancelled: Asked ten times a second while waiting.
    /// - Returns: false where another holder still had it at the deadline, or the wait was cancelled.
    /// - Throws: ``FileError/Reason/lockUnsupported`` where the file system refuses (NFS wants the file writable).
    package func lock(
        waitingUntil deadline: ContinuousClock.Instant? = nil, isCancelled: () -> Bool = { false }
    ) throws(FileError) -> Bool {
        try takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: isCancelled)
    }

    /// Reads a file that holds no secret in one go.
    static func contents(of path: String, maximumSize: Int) throws(FileError) -> [UInt8] {
        try InputFile(path: path).read(maximumSize: maximumSize)
    }
}
