// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// An open regular file and its lock. Its last reference closes and unlocks it.
package final class InputFile: Sendable {
    package let path: String
    /// Permission bits, at most 0o7777.
    package let mode: UInt32
    private let owner: UInt32
    /// Bytes, when the file was opened.
    let size: UInt64
    private let descriptor: Descriptor

    /// Opens a file for reading and follows symbolic links (Kubernetes mounts secrets as links). Refuses a pipe, socket
    /// or device without waiting for it.
    package convenience init(path: String) throws(FileError) {
        try self.init(path, Descriptor(opening: path, O_RDONLY | withoutWaiting, path: path))
    }

    /// Opens a separate lock file, for a file that cannot be locked itself, and creates it if it does not exist. It is
    /// open for writing, since NFS needs that for a lock. It is never removed: otherwise two processes could each lock
    /// a different file of that name.
    package convenience init(lockFile name: String, in directory: Directory) throws(FileError) {
        let path = directory.path(of: name)
        try self.init(
            path,
            Descriptor(
                opening: name, in: directory.descriptor.number, O_RDWR | O_CREAT | O_NOFOLLOW | withoutWaiting,
                mode: 0o600, path: path))
    }

    private init(_ path: String, _ descriptor: consuming Descriptor) throws(FileError) {
        let status = try descriptor.regularStatus(path)
        self.path = path
        self.descriptor = descriptor
        mode = status.mode & 0o7777
        owner = status.owner
        size = status.size
    }

    /// The owner, if that is neither this user nor root.
    package var foreignOwner: String? {
        owner == geteuid() || owner == 0 ? nil : AccountNames.text(of: owner)
    }

    /// Whether only the owner has any permission.
    package var isPrivate: Bool { mode & 0o077 == 0 }
    /// Whether any user may change the file.
    package var isWritableByOthers: Bool { mode & S_IWOTH != 0 }

    /// Reads the whole file into one buffer. It may hold a secret: the caller wipes it, and no other copy exists.
    package func read(maximumSize: Int) throws(FileError) -> [UInt8] {
        var tries = 3
        var size = size
        while true {
            do {
                return try descriptor.read(size: size, maximumSize: maximumSize, path)
            } catch {
                tries -= 1
                guard error.reason == .unstable, tries > 0 else { throw error }
                size = try descriptor.status(path).size
            }
        }
    }

    /// Whether the path still leads to this file. If not, the next run locks another file.
    package var isCurrent: Bool {
        var now = stat()
        guard unsafe stat(path, &now) == 0 else { return false }
        var own = stat()
        return unsafe fstat(descriptor.number, &own) == 0 && own.st_dev == now.st_dev && own.st_ino == now.st_ino
    }

    /// Takes the exclusive advisory lock (`flock`). The kernel releases it when the process ends.
    ///
    /// - Parameters:
    ///   - deadline: Nil does not wait for another holder.
    ///   - isCancelled: Called ten times a second during the wait.
    /// - Returns: Whether this process holds the lock.
    /// - Throws: ``FileError/Reason/lockUnsupported`` if the file system has no such lock.
    package func lock(
        waitingUntil deadline: ContinuousClock.Instant? = nil, isCancelled: () -> Bool = { false }
    ) throws(FileError) -> Bool {
        try descriptor.lock(path, waitingUntil: deadline, isCancelled: isCancelled)
    }
}
