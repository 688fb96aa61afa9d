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
    /// As given. For messages.
    package let path: String
    let descriptor: Descriptor
    /// Whether any user may create files here, but not replace files of other users (the sticky bit). Set only for a
    /// directory opened for publishing.
    let isOpenToAll: Bool
    private let mountPoints = Mutex<Set<String>?>(nil)
    private let writability = Mutex<Result<Void, FileError>?>(nil)

    /// What a directory is opened for.
    package enum Use: Sendable {
        case publishing
        /// Publishing files without secrets. The owner of the directory is not checked.
        case sharing
        /// Reading only. Owner and mode are not checked.
        case reading
    }

    /// Opens a directory. For publishing, checks who else may write to it. Symbolic links in the path are followed.
    ///
    /// A directory opened for publishing or sharing holds a shared lock until it is closed, so other processes do not
    /// sweep it.
    ///
    /// Write permission for the group is accepted: the owner chose that group.
    package init(path: String, use: Use = .publishing) throws(FileError) {
        let path = path.isEmpty ? "." : path
        guard !path.hasZeroByte else { throw FileError(.open, path, .invalidName) }
        do {
            descriptor = Descriptor(
                owning: try attempt(.open, path) { unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        } catch {
            guard error.reason == .missing else { throw error }
            throw FileError(.open, path, .directoryMissing, errorNumber: error.errorNumber)
        }
        self.path = path
        guard use == .publishing else {
            isOpenToAll = false
            if use == .sharing { shareLock() }
            return
        }
        let status = try look(descriptor, path: path)
        isOpenToAll = status.mode & S_IWOTH != 0
        defer { shareLock() }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw FileError(.open, path, .directoryNotTrusted(.ownedByStranger(status.owner)))
        }
        // With the sticky bit, only a file's owner may replace it (inode(7)). Swift finds S_ISVTX twice.
        let sticky: UInt32 = 0o1000
        guard status.mode & S_IWOTH == 0 || status.mode & sticky != 0 else {
            throw FileError(.open, path, .directoryNotTrusted(.writableByOthers))
        }
    }

    /// For messages.
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
        if let known = writability.withLock({ $0 }) { return try known.get() }
        let result: Result<Void, FileError>
        do throws(FileError) {
            try attempt(.create, path) { unsafe faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        writability.withLock { $0 = result }
        try result.get()
    }

    /// Makes all renames so far durable. Once after a batch is enough. Without it, ext4 and xfs can lose a published
    /// file in a power failure, although its contents were synced.
    ///
    /// The only error is ``FileError/Reason/durabilityUnknown``. The published files are visible even then.
    package func synchronize() throws(FileError) {
        do {
            try attempt(.synchronize, path) { fsync(descriptor.number) }
        } catch {
            throw FileError(.synchronize, path, .durabilityUnknown, errorNumber: error.errorNumber)
        }
    }

    /// Reads the status of a name without following links. Throws if a rename must not or cannot replace it.
    ///
    /// - Returns: nil if the name does not exist.
    func lookAtTarget(_ name: String) throws(FileError) -> linux_status? {
        guard let location = FileLocation(name: name) else { throw FileError(.look, path(of: name), .invalidName) }
        return try lookAtTarget(location)
    }

    /// The same for a location whose directory is this one.
    func lookAtTarget(_ location: FileLocation) throws(FileError) -> linux_status? {
        guard let status = try lookIfPresent(descriptor, location, path: path(of: location.name)) else { return nil }
        let kind = FileKind(mode: status.mode)
        guard try !isMountPoint(location, status) else {
            throw FileError(.look, path(of: location.name), .isMountPoint)
        }
        if kind == .symlink { throw FileError(.look, path(of: location.name), .isSymlink) }
        guard kind == .regular else { throw FileError(.look, path(of: location.name), .notARegularFile(kind)) }
        return status
    }

    private func isMountPoint(_ location: FileLocation, _ status: linux_status) throws(FileError) -> Bool {
        if status.mount_root >= 0 { return status.mount_root == 1 }
        // The kernel does not report it. The mount table is read once for each directory.
        return mountPoints.withLock { known in
            let names = known ?? MountTable.namesOfMountPoints(in: descriptor)
            known = names
            return names.contains(location.name)
        }
    }
}
