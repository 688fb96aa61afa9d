// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A path split where publishing needs it: the directory to open, and the name in it.
package struct FileLocation: Sendable, Hashable {
    package let directory: String
    package let name: String

    /// Splits without looking at anything.
    ///
    /// - Throws: ``FileError/Reason/invalidName`` for a path that ends in `/`, `.` or `..`, is empty, has a name too
    ///   long for a temporary beside it, or contains a zero byte.
    package init(path: String) throws(FileError) {
        let slash = Self.lastSlash(in: path.utf8.span)
        let bytes = path.utf8
        let name = slash.map { String(path[bytes.index(bytes.startIndex, offsetBy: $0 + 1)...]) } ?? path
        guard TemporaryName.fits(name), !Self.hasZero(path.utf8.span) else {
            throw FileError(.look, path, .invalidName)
        }
        self.name = name
        directory =
            switch slash {
            case nil: "."
            case 0: "/"
            case .some(let slash): String(path[..<bytes.index(bytes.startIndex, offsetBy: slash)])
            }
    }

    private static func hasZero(_ path: Span<UInt8>) -> Bool {
        for index in path.indices where path[index] == 0 { return true }
        return false
    }

    private static func lastSlash(in path: Span<UInt8>) -> Int? {
        var index = path.count
        while index > 0 {
            index -= 1
            if path[index] == UInt8(ascii: "/") { return index }
        }
        return nil
    }

    package var path: String { directory == "/" ? "/" + name : directory + "/" + name }

    /// Where the file really stands, or is to stand: publishing there leaves the symbolic links as they are.
    ///
    /// A link to a name that does not exist yet leads to that name, as for `open` with `O_CREAT`: the file behind it
    /// was deleted, or lives on a file system that a restart empties. Every directory on the way is checked as if it
    /// were published to, and links that neither we nor root made are refused.
    package func followingSymlinks() throws(FileError) -> FileLocation {
        // The kernel's own bound (path_resolution(7)).
        let longestChain = 40
        var location = self
        for _ in 0...longestChain {
            guard let next = try location.next() else { return location }
            location = next
        }
        throw FileError(.followSymlink, path, .symlinkLoop, errorNumber: ELOOP)
    }

    /// Whether a symbolic link stands there.
    package func isSymlink() throws(FileError) -> Bool { try next() != nil }

    /// One step along a chain of links; nil where this is no link.
    private func next() throws(FileError) -> FileLocation? {
        let directory = try Directory(path: self.directory)
        let status: linux_status
        do {
            status = try look(directory.descriptor, name, path: path)
        } catch {
            guard error.reason == .missing else { throw error }
            return nil
        }
        guard FileKind(mode: status.mode) == .symlink else { return nil }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw FileError(.followSymlink, path, .symlinkNotTrusted(owner: status.owner))
        }
        let target = try readSymlink(in: directory.descriptor.number, name, path: path)
        guard !target.hasPrefix("/") else { return try FileLocation(path: target) }
        return try FileLocation(path: self.directory == "/" ? "/" + target : self.directory + "/" + target)
    }
}
