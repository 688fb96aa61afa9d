// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A path, split into a directory and a name in it. Both are copied only on demand, since a run checks ten thousand
/// paths several times.
package struct FileLocation: Sendable, Equatable {
    package let path: String
    /// Where the name begins, in bytes.
    private let nameStart: Int

    /// Splits the text. Does not access the file system.
    /// - Throws: ``FileError/Reason/invalidName`` for a path that ends in `/`, `.` or `..`, is empty, contains a zero
    ///   byte, or has a name too long for a temporary file.
    package init(path: String) throws(FileError) {
        let bytes = path.utf8.span
        let start = LexicalPath.nameStart(in: bytes)
        guard !path.hasZeroByte, TemporaryName.fits(bytes.extracting(start...)) else {
            throw FileError(.look, path, .invalidName)
        }
        self.path = path
        nameStart = start
    }

    /// A name in an open directory. Otherwise as ``init(path:)``.
    package init(name: String) throws(FileError) {
        try self.init(path: name)
        guard nameStart == 0 else { throw FileError(.look, name, .invalidName) }
    }

    package var name: String { nameStart == 0 ? path : unsafe withName { name in unsafe String(cString: name) } }

    /// The part before the name; `.` for a plain name.
    package var directory: String { nameStart == 0 ? "." : LexicalPath.directory(of: path) }

    /// Whether ``directory`` is exactly this text.
    package func isIn(_ directory: String) -> Bool {
        guard nameStart > 1 else { return directory == (nameStart == 0 ? "." : "/") }
        return directory.utf8.count == nameStart - 1 && path.utf8.starts(with: directory.utf8)
    }

    func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe path.withCString { path in unsafe body(path + nameStart) }
    }

    /// The final location behind symbolic links, or this one if it is no link. Publishing there keeps the links.
    ///
    /// A link to a missing name leads to that name, as for `open` with `O_CREAT`: the file may have been deleted. Every
    /// directory on the way must pass the checks for publishing. Links of other users than this one and root are
    /// refused.
    package func followingSymlinks() throws(FileError) -> FileLocation {
        // The limit of the kernel (path_resolution(7)).
        let longestChain = 40
        var location = self
        for _ in 0...longestChain {
            guard let next = try location.next() else { return location }
            location = next
        }
        throw FileError(.followSymlink, path, .symlinkLoop, errorNumber: ELOOP)
    }

    private func next() throws(FileError) -> FileLocation? {
        let directory = try Directory(path: self.directory)
        guard let status = try directory.descriptor.status(of: self, path), FileKind(mode: status.mode) == .symlink
        else { return nil }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw FileError(.followSymlink, path, .symlinkNotTrusted(owner: status.owner))
        }
        let target = try readSymlink(in: directory.descriptor.number, name, path: path)
        return try FileLocation(path: target.hasPrefix("/") ? target : directory.path(of: target))
    }
}

func readSymlink(in directory: Int32, _ name: String, path: @autoclosure () -> String) throws(FileError) -> String {
    var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try attempt(.followSymlink, path()) {
        unsafe text.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe readlinkat(directory, name, start, bytes.count)
        }
    }
    guard count < text.count, let target = String(validating: text.prefix(count), as: UTF8.self) else {
        throw FileError(.followSymlink, path(), .invalidName)
    }
    return target
}
