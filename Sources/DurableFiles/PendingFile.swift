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

    /// Creates an empty file with mode 0600. If the name exists, as a file or a link, another one is tried (`O_EXCL`).
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

    /// Renames the closed file to the target, which is replaced in one step.
    /// - Parameter isNew: Whether the target must not exist.
    /// - Returns: false if it exists, or the system cannot check that. The file is still pending then.
    @discardableResult
    mutating func publish(isNew: Bool = false) throws(FileError) -> Bool {
        let number = directory.descriptor.number
        let result = try attempt(.rename, path) {
            // A Swift string argument would be copied first.
            unsafe temporary.withCString { temporary in
                unsafe target.withCString { target in
                    unsafe isNew
                        ? linux_rename_to_new(number, temporary, target)
                        : renameat(number, temporary, number, target)
                }
            }
        }
        isPublished = result == 0
        return isPublished
    }

    // Only a file that was created here gets this far, so no file of another program is removed.
    deinit {
        guard !isPublished else { return }
        while unsafe unlinkat(directory.descriptor.number, temporary, 0) != 0, errno == EINTR {}
    }
}

/// `.NAME.<16 hex>.tmp`: the name of a file until it is published. It also identifies leftovers.
struct TemporaryName {
    /// The bytes around NAME.
    private static let marks = ".".utf8.count + ".".utf8.count + 16 + ".tmp".utf8.count
    /// The longest NAME in bytes, within a file name of 255 (NAME_MAX).
    static let longestTarget = Int(NAME_MAX) - marks

    let text: String

    init(for target: String, random: UInt64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(target.utf8.count + Self.marks)
        bytes.append(UInt8(ascii: "."))
        bytes += target.utf8
        bytes.append(UInt8(ascii: "."))
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: random >> UInt64(shift)) & 15
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        bytes += ".tmp".utf8
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a path component is a valid name for publishing, and short enough.
    static func fits(_ bytes: Span<UInt8>) -> Bool { bytes.count <= longestTarget && LexicalPath.isName(bytes) }

    /// The target of a temporary file; nil if the entry is not one.
    static func target(of entry: [UInt8]) -> String? {
        guard entry.count > marks, entry.first == UInt8(ascii: ".") else { return nil }
        let suffix = entry.suffix(marks - 1)
        guard suffix.first == UInt8(ascii: "."), suffix.suffix(4).elementsEqual(".tmp".utf8),
            suffix.dropFirst().prefix(16).allSatisfy("0123456789abcdef".utf8.contains)
        else { return nil }
        return String(validating: entry.dropFirst().dropLast(marks - 1), as: UTF8.self)
    }
}
