// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension FileKind {
    /// What is at a path, without following a symbolic link there; nil if nothing is.
    package static func at(_ path: String) throws(FileError) -> FileKind? {
        var status = stat()
        do {
            try attempt(.look, path) { unsafe lstat(path, &status) }
        } catch {
            guard error.reason == .missing else { throw error }
            return nil
        }
        return FileKind(mode: status.st_mode)
    }
}

extension Directory {
    /// The absolute form of a path, which may begin in the working directory.
    package static func absolutePath(_ path: String) throws(FileError) -> String {
        guard !path.hasPrefix("/") else { return LexicalPath.resolve(path, in: "") }
        guard let working = unsafe realpath(".", nil) else { throw FileError(.look, ".", errorNumber: errno) }
        defer { unsafe free(working) }
        return LexicalPath.resolve(path, in: unsafe String(cString: working))
    }

    /// Creates a directory and its missing parents. Existing ones stay as they are. As root, their mode is 0755, since
    /// services read below them; otherwise it is 0755 less the umask.
    /// - Parameter path: absolute.
    package static func create(_ path: String) throws(FileError) {
        guard try FileKind.at(path) == nil else { return }
        let parent = LexicalPath.directory(of: path)
        try create(parent)
        do {
            try attempt(.create, parent) { unsafe mkdir(path, 0o755) }
            if geteuid() == 0 { try attempt(.setMode, path) { unsafe chmod(path, 0o755) } }
        } catch {
            // Another process created it first.
            guard error.errorNumber == EEXIST else { throw error }
        }
    }

    /// Sets owner, group and mode of the directory itself.
    package func setAttributes(_ attributes: PublishedAttributes) throws(FileError) {
        if attributes.owner != nil || attributes.group != nil {
            // −1 leaves that value unchanged (fchown(2)).
            try attempt(.setOwner, path) {
                fchown(descriptor.number, attributes.owner ?? .max, attributes.group ?? .max)
            }
        }
        try attempt(.setMode, path) { fchmod(descriptor.number, attributes.mode & 0o777) }
    }

    /// Creates a file. It is durable after ``synchronize()``.
    /// - Returns: false if the name exists. What is there is not changed.
    package func create(
        _ contents: [UInt8], name: String, attributes: PublishedAttributes
    ) throws(FileError) -> Bool {
        var pending = try PendingFile.create(in: self, target: name, random: RandomNumbers.next)
        try pending.write(contents)
        try pending.setAttributes(attributes)
        try pending.synchronize()
        try pending.close()
        if try pending.publish(isNew: true) { return true }
        // The name exists, or the file system cannot rename without replacing.
        guard try FileKind.at(path(of: name)) == nil else { return false }
        return try pending.publish()
    }

    /// The names in a directory, in no particular order; empty if it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }
}
