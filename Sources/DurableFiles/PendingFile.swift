// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A temporary file that is either published under its target's name or vanishes.
///
/// The steps in order: ``create``, ``write(_:)``, ``setAttributes(_:)``, ``synchronize()``, ``close()``, ``publish()``.
struct PendingFile: ~Copyable {
    private let directory: Directory
    private let target: String
    private let temporary: String
    /// nil once closed. Set before anything can fail, so that `deinit` unlinks a file of our own making only.
    private var file: Descriptor?
    private var isPublished = false

    private init(directory: Directory, target: String, temporary: String, file: consuming Descriptor) {
        self.directory = directory
        self.target = target
        self.temporary = temporary
        self.file = consume file
    }

    /// Makes an empty file with a name that did not exist, open to nobody else.
    ///
    /// A name planted by somebody else, as a file or as a link to a victim, is passed over (`O_EXCL`).
    /// - Parameter random: what the name is made of, asked once for each try.
    static func create(
        in directory: Directory, target: String, random: () -> UInt64
    ) throws(FileError) -> PendingFile {
        var tries = 16
        while true {
            let temporary = TemporaryName(for: target, random: random()).text
            do {
                let number = try attempt(.create, directory.path(of: target)) {
                    unsafe temporary.withCString { name in
                        unsafe openat(
                            directory.descriptor.number, name,
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
                    }
                }
                return PendingFile(
                    directory: directory, target: target, temporary: temporary, file: Descriptor(owning: number))
            } catch {
                tries -= 1
                guard error.errorNumber == EEXIST, tries > 0 else { throw error }
            }
        }
    }

    private var path: String { directory.path(of: target) }

    private var number: Int32 {
        switch file {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }

    func write(_ contents: [UInt8]) throws(FileError) { try writeAll(contents, to: number, path: path) }

    /// The owner before the mode: never published with the wrong owner, never widened first.
    func setAttributes(_ attributes: PublishedAttributes) throws(FileError) {
        let number = number
        try attempt(.removeAccessList, path) { linux_remove_access_list(number) }
        if attributes.owner != nil || attributes.group != nil {
            let given = try ownership()
            // A sandbox may forbid fchown. It is not called for what the new file already has.
            if (attributes.owner ?? given.user, attributes.group ?? given.group) != (given.user, given.group) {
                // −1 leaves that half as it is (fchown(2)).
                try attempt(.setOwner, path) { fchown(number, attributes.owner ?? .max, attributes.group ?? .max) }
            }
        }
        try attempt(.setMode, path) { fchmod(number, attributes.mode & 0o777) }
    }

    func ownership() throws(FileError) -> FileOwnership {
        switch file {
        case .some(let descriptor):
            let status = try look(descriptor, path: path)
            return FileOwnership(user: status.owner, group: status.group)
        case .none: throw FileError(.look, path, errorNumber: EBADF)
        }
    }

    /// Without it, a power failure after the rename leaves a torn (ext4) or empty (xfs, btrfs) file under the name.
    ///
    /// A failure is final for this file: the kernel marks the pages clean, so that asking again would say yes to lost
    /// data (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
    func synchronize() throws(FileError) {
        let number = number
        try attempt(.synchronize, path) { fsync(number) }
    }

    mutating func close() throws(FileError) {
        if let descriptor = file.take() { try descriptor.close(path) }
    }

    /// Puts the file, closed, in its target's place in one step.
    consuming func publish() throws(FileError) {
        let directoryNumber = directory.descriptor.number
        try attempt(.rename, path) {
            unsafe withNames { temporary, target in
                unsafe renameat(directoryNumber, temporary, directoryNumber, target)
            }
        }
        isPublished = true
    }

    /// The same where nothing stands at the target.
    /// - Returns: false where something does, or nobody can tell; the file is still pending then.
    mutating func publishAsNew() throws(FileError) -> Bool {
        let directoryNumber = directory.descriptor.number
        let result = try attempt(.rename, path) {
            unsafe withNames { temporary, target in unsafe linux_rename_to_new(directoryNumber, temporary, target) }
        }
        isPublished = result == 0
        return isPublished
    }

    /// Passes both names as the kernel takes them. A text given to a C function as it is would be copied first.
    private func withNames(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32) -> Int32 {
        unsafe temporary.withCString { temporary in
            unsafe target.withCString { target in unsafe body(temporary, target) }
        }
    }

    deinit {
        guard !isPublished else { return }
        while unsafe unlinkat(directory.descriptor.number, temporary, 0) != 0, errno == EINTR {}
    }
}
