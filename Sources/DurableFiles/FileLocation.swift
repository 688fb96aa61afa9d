// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A path split where publishing needs it: the directory to open, and the name in it. Nothing is copied until somebody
/// asks for either: a run looks at ten thousand paths, at each more than once.
package struct FileLocation: Sendable, Equatable {
    private let typed: String
    /// Where the name begins, in bytes.
    private let nameStart: Int

    /// Splits without looking at anything.
    ///
    /// - Throws: ``FileError/Reason/invalidName`` for a path that ends in `/`, `.` or `..`, is empty, has a name too
    ///   long for a temporary beside it, or contains a zero byte.
    package init(path: String) throws(FileError) {
        let bytes = path.utf8.span
        var start = bytes.count
        while start > 0, bytes[start - 1] != UInt8(ascii: "/") { start -= 1 }
        guard !path.hasZeroByte, TemporaryName.fits(bytes.extracting(start...)) else {
            throw FileError(.look, path, .invalidName)
        }
        typed = path
        nameStart = start
    }

    /// A name in a directory that is open already.
    init?(name: String) {
        guard let location = try? FileLocation(path: name), location.nameStart == 0 else { return nil }
        self = location
    }

    /// The last component.
    package var name: String { nameStart == 0 ? typed : unsafe withName { name in unsafe String(cString: name) } }

    /// What comes before it, `.` where nothing does.
    package var directory: String {
        switch nameStart {
        case 0: "."
        case 1: "/"
        default: String(decoding: typed.utf8.prefix(nameStart - 1), as: UTF8.self)
        }
    }

    /// Whether that is ``directory``, to the letter.
    package func isIn(_ directory: String) -> Bool {
        guard nameStart > 1 else { return directory == (nameStart == 0 ? "." : "/") }
        let count = nameStart - 1
        guard directory.utf8.count == count else { return false }
        return unsafe typed.withCString { path in
            unsafe directory.withCString { directory in unsafe memcmp(path, directory, count) == 0 }
        }
    }

    /// Passes the name as the kernel takes it.
    func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe typed.withCString { path in unsafe body(path + nameStart) }
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
