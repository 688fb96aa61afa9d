// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A temporary file that replaces its target or is deleted.
///
/// Steps in order: ``create``, ``write(_:)``, ``setAttributes(_:)``, ``synchronize()``, ``close()``, ``publish()``.
struct PendingFile: ~Copyable {
    private let directory: Directory
    private let target: String
    private let temporary: String
    private var file: Descriptor
    private var isPublished = false

    /// Creates an empty file under a new name, with mode 0600.
    ///
    /// If the name exists, as a file or a link, another name is tried (`O_EXCL`).
    /// - Parameter random: Makes the name. Called once for each try.
    static func create(
        in directory: Directory, target: String, random: () -> UInt64
    ) throws(FileError) -> PendingFile {
        var tries = 16
        while true {
            let temporary = TemporaryName(for: target, random: random()).text
            do {
                let file = try Descriptor(
                    opening: temporary, in: directory.descriptor.number, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                    mode: 0o600, operation: .create, path: directory.path(of: target))
                return PendingFile(directory: directory, target: target, temporary: temporary, file: file)
            } catch {
                tries -= 1
                guard error.errorNumber == EEXIST, tries > 0 else { throw error }
            }
        }
    }

    private var path: String { directory.path(of: target) }

    func write(_ contents: [UInt8]) throws(FileError) { try file.write(contents, path) }

    /// Sets the owner before the mode: the file never has more permissions under the wrong owner.
    func setAttributes(_ attributes: PublishedAttributes) throws(FileError) {
        try attempt(.removeAccessList, path) { linux_remove_access_list(file.number) }
        if attributes.owner != nil || attributes.group != nil {
            let given = try ownership()
            // A sandbox may forbid fchown, so it is called only for a change.
            if (attributes.owner ?? given.user, attributes.group ?? given.group) != (given.user, given.group) {
                // −1 leaves that value unchanged (fchown(2)).
                try attempt(.setOwner, path) { fchown(file.number, attributes.owner ?? .max, attributes.group ?? .max) }
            }
        }
        try attempt(.setMode, path) { fchmod(file.number, attributes.mode & 0o777) }
    }

    func ownership() throws(FileError) -> FileOwnership {
        let status = try file.status(path)
        return FileOwnership(user: status.owner, group: status.group)
    }

    /// Without it, a power failure after the rename leaves a torn (ext4) or empty (xfs, btrfs) file.
    ///
    /// A failure is final for this file. The kernel marks the pages clean, so a second fsync would report success for
    /// lost data (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
    func synchronize() throws(FileError) { try attempt(.synchronize, path) { fsync(file.number) } }

    mutating func close() throws(FileError) {
        let (directory, target) = (directory, target)
        try file.close(directory.path(of: target))
    }

    /// Replaces the target with the closed file in one step.
    consuming func publish() throws(FileError) {
        let directoryNumber = directory.descriptor.number
        try attempt(.rename, path) {
            unsafe withNames { temporary, target in
                unsafe renameat(directoryNumber, temporary, directoryNumber, target)
            }
        }
        isPublished = true
    }

    /// Renames to the target only if the target does not exist.
    /// - Returns: false if the target exists, or the system cannot check it. The file is still pending then.
    mutating func publishAsNew() throws(FileError) -> Bool {
        let directoryNumber = directory.descriptor.number
        let result = try attempt(.rename, path) {
            unsafe withNames { temporary, target in unsafe linux_rename_to_new(directoryNumber, temporary, target) }
        }
        isPublished = result == 0
        return isPublished
    }

    /// Passes both names as C strings. A Swift string argument would be copied first.
    private func withNames(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32) -> Int32 {
        unsafe temporary.withCString { temporary in
            unsafe target.withCString { target in unsafe body(temporary, target) }
        }
    }

    // Only a file that was created here gets this far, so no file of another program is removed.
    deinit {
        guard !isPublished else { return }
        while unsafe unlinkat(directory.descriptor.number, temporary, 0) != 0, errno == EINTR {}
    }
}
