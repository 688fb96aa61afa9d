// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A regular file opened for reading, and its lock. Its last reference closes and unlocks it.
package final class InputFile: Sendable {
    /// The status of the file when it was opened.
    package struct Status: Sendable, Equatable {
        /// Permission bits, at most 0o7777.
        package let mode: UInt32
        package let owner: UInt32
        package let group: UInt32
        /// Bytes.
        package let size: UInt64

        /// Whether only the owner has any permission.
        package var isPrivate: Bool { mode & 0o077 == 0 }
        /// Whether any user may change the file.
        package var isWritableByOthers: Bool { mode & S_IWOTH != 0 }
    }

    package let path: String
    package let status: Status
    private let descriptor: Descriptor

    /// Opens a file and follows symbolic links (Kubernetes mounts secrets as links). Refuses a pipe, socket or device
    /// without waiting for it.
    ///
    /// - Parameter followsLink: If false, a link at the path is ``FileError/Reason/symlinkLoop``.
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

    /// Reads the whole file into one buffer. It may hold a secret: the caller wipes it, and no other copy exists.
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

    /// Whether the path still leads to this file. A lock on a replaced file is useless: the next run locks the new
    /// file.
    package var isCurrent: Bool {
        var now = stat()
        guard unsafe stat(path, &now) == 0 else { return false }
        var own = stat()
        return unsafe fstat(descriptor.number, &own) == 0 && own.st_dev == now.st_dev && own.st_ino == now.st_ino
    }

    /// Takes the exclusive advisory lock (`flock`). The kernel releases it when the process ends.
    ///
    /// - Parameters:
    ///   - deadline: How long to wait for another holder; nil does not wait.
    ///   - isCancelled: Called ten times a second during the wait.
    /// - Returns: false if another process still holds the lock at the deadline, or the wait was cancelled.
    /// - Throws: ``FileError/Reason/lockUnsupported`` if the file system has no such lock (NFS needs a writable
    ///   file).
    package func lock(
        waitingUntil deadline: ContinuousClock.Instant? = nil, isCancelled: () -> Bool = { false }
    ) throws(FileError) -> Bool {
        try takeLock(descriptor, path: path, waitingUntil: deadline, isCancelled: isCancelled)
    }

    /// For a file without secrets.
    static func contents(of path: String, maximumSize: Int) throws(FileError) -> [UInt8] {
        try InputFile(path: path).read(maximumSize: maximumSize)
    }
}
