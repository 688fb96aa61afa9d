// SPDX-License-Identifier: Apache-2.0
// The module DurableFiles: files that are replaced in one step and survive a loss of power.

internal import CLinux
internal import Glibc
internal import Synchronization

/// An open directory that only this user and root can rearrange. Everything in it is reached through its descriptor,
/// so a parent that is swapped for a symbolic link meanwhile changes nothing.
///
/// Safe to use from several threads; closed with its last reference.
package final class Directory: Sendable {
    /// As given, for messages.
    package let path: String
    let descriptor: Descriptor
    /// Whether anybody may put a file of their own here, though not replace one of another user's (the sticky bit). Known
    /// of a directory that is opened for publishing.
    let isOpenToAll: Bool
    private let mountPoints = Mutex<Set<String>?>(nil)
    private let writability = Mutex<Result<Void, FileError>?>(nil)

    /// What a directory is opened for.
    package enum Use: Sendable {
        case publishing
        /// Publishing what is no secret: whoever owns the directory may do with it as they please.
        case sharing
        /// By whoever may read there: nobody is harmed by what others may do in it.
        case reading
    }

    /// Opens a directory and, for publishing, looks at who else may write there. Its path may lead through symbolic links.
    ///
    /// Unless it is opened for reading, it is locked against being swept, for as long as it is open.
    ///
    /// A group that may write is accepted: whoever owns the directory chose that group.
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

    /// The path of a name in here, for messages.
    func path(of name: String) -> String {
        path.hasSuffix("/") ? path + name : path + "/" + name
    }

    /// What tells this directory from every other one of this host, by whatever path it was reached.
    package struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    package func identity() throws(FileError) -> Identity {
        var status = stat()
        try attempt(.look, path) { unsafe fstat(descriptor.number, &status) }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Asks whether a new name could be made in here, before anything is done that would be in vain otherwise.
    /// The first answer stands for as long as the directory is open.
    package func checkWritable() throws(FileError) {
        if let isWritable { return try isWritable.get() }
        let answer: Result<Void, FileError>
        do throws(FileError) {
            try attempt(.create, path) { unsafe faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS) }
            answer = .success(())
        } catch {
            answer = .failure(error)
        }
        writability.withLock { $0 = answer }
        try answer.get()
    }

    /// What ``checkWritable()`` said; nil where nobody asked.
    package var isWritable: Result<Void, FileError>? { writability.withLock { $0 } }

    /// Puts all renames so far on disk: once after a batch is enough. Without it, ext4 and xfs lose a published file
    /// at a power failure although its contents were synced.
    ///
    /// Fails with ``FileError/Reason/durabilityUnknown`` only: what was published is visible all the same.
    package func synchronize() throws(FileError) {
        do {
            try attempt(.synchronize, path) { fsync(descriptor.number) }
        } catch {
            throw FileError(.synchronize, path, .durabilityUnknown, errorNumber: error.errorNumber)
        }
    }

    /// Looks at a name without following it and refuses whatever a rename must not or cannot replace.
    ///
    /// - Returns: nil where nothing stands.
    func lookAtTarget(_ name: String) throws(FileError) -> linux_status? {
        guard let location = FileLocation(name: name) else { throw FileError(.look, path(of: name), .invalidName) }
        return try lookAtTarget(location)
    }

    /// The same for the name of a location, whose directory this is.
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
        // The kernel does not tell: the table of mounts does, read once for the directory.
        return mountPoints.withLock { known in
            let names = known ?? MountTable.namesOfMountPoints(in: descriptor)
            known = names
            return names.contains(location.name)
        }
    }
}
