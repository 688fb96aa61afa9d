// SPDX-License-Identifier: Apache-2.0
// The module DurableFiles: files that are replaced in one step and survive a loss of power.

internal import CLinux
internal import Glibc
internal import Synchronization

/// An open directory, opened once and used through its descriptor. A parent that is replaced by a symbolic link later
/// changes nothing. For publishing, only this user and root can replace its files.
///
/// Safe to use from several threads. Closed with its last reference.
package final class Directory: Sendable {
    package let path: String
    let descriptor: Descriptor
    /// Whether any user may create files here, but not replace files of other users (the sticky bit). Set only for a
    /// directory opened for publishing.
    let isOpenToAll: Bool
    private let mountPoints = Mutex<Set<String>?>(nil)
    private let writability = Mutex<Result<Void, FileError>?>(nil)

    package enum Use: Sendable {
        case publishing
        /// Publishing files without secrets. The owner of the directory is not checked.
        case sharing
        /// Reading only. Owner and mode are not checked.
        case reading
    }

    /// Opens a directory and follows symbolic links in the path. For publishing, checks who else may write to it. Write
    /// permission for the group is accepted: the owner chose that group. A directory that is not for reading holds a
    /// shared lock until it is closed, so other processes do not sweep it.
    package init(path: String, use: Use = .publishing) throws(FileError) {
        let path = path.isEmpty ? "." : path
        self.path = path
        do {
            descriptor = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY, path: path)
        } catch {
            guard error.reason == .missing else { throw error }
            throw FileError(.open, path, .directoryMissing, errorNumber: error.errorNumber)
        }
        let status = use == .publishing ? try descriptor.status(path) : nil
        isOpenToAll = (status?.mode ?? 0) & S_IWOTH != 0
        if use != .reading { shareLock() }
        guard let status else { return }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw FileError(.open, path, .directoryOfAnotherUser(status.owner))
        }
        // With the sticky bit, only a file's owner may replace it (inode(7)). Swift finds S_ISVTX twice.
        let sticky: UInt32 = 0o1000
        guard !isOpenToAll || status.mode & sticky != 0 else {
            throw FileError(.open, path, .directoryWritableByOthers)
        }
    }

    func path(of name: String) -> String {
        path.hasSuffix("/") ? path + name : path + "/" + name
    }

    /// Identifies a directory on this host, for every path that leads to it.
    package struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    package func identity() throws(FileError) -> Identity {
        var status = stat()
        try attempt(.look, path) { unsafe fstat(descriptor.number, &status) }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Checks whether a file can be created here, before any work is wasted. The first result is kept.
    package func checkWritable() throws(FileError) {
        let result = writability.withLock { known in
            let result =
                known
                ?? Result { () throws(FileError) in
                    try attempt(.create, path) { unsafe faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS) }
                }.map { _ in }
            known = result
            return result
        }
        try result.get()
    }

    /// Makes all renames so far durable. Without it, ext4 and xfs can lose a published file in a power failure, although
    /// its contents were synced. The only error is ``FileError/Reason/durabilityUnknown``.
    package func synchronize() throws(FileError) {
        do {
            try attempt(.synchronize, path) { fsync(descriptor.number) }
        } catch {
            throw FileError(.synchronize, path, .durabilityUnknown, errorNumber: error.errorNumber)
        }
    }

    /// The status of a file; nil if it does not exist. Throws if a rename must not or cannot replace it.
    func lookAtTarget(_ location: FileLocation) throws(FileError) -> linux_status? {
        guard let status = try descriptor.status(of: location, path(of: location.name)) else { return nil }
        let kind = FileKind(mode: status.mode)
        let isMountPoint = status.mount_root < 0 ? isInMountTable(location) : status.mount_root == 1
        if !isMountPoint, kind == .regular { return status }
        throw FileError(
            .look, path(of: location.name),
            isMountPoint ? .isMountPoint : kind == .symlink ? .isSymlink : .notARegularFile(kind))
    }

    /// For kernels that do not report mount points. The mount table is read once for each directory.
    private func isInMountTable(_ location: FileLocation) -> Bool {
        mountPoints.withLock { known in
            let names = known ?? MountTable.namesOfMountPoints(in: descriptor)
            known = names
            return names.contains(location.name)
        }
    }
}

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

    /// Takes the exclusive lock, which is held until the directory is closed. Continues without it after `deadline`.
    package func lock(waitingUntil deadline: ContinuousClock.Instant) {
        _ = try? descriptor.lock(path, waitingUntil: deadline)
    }
}
