// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Paths as text, without file system access. `..` removes the component before it, even if that is a symbolic link.
package enum LexicalPath {
    /// PATH_MAX of linux/limits.h, less its NUL.
    static let byteLimit = 4095
    /// NAME_MAX of linux/limits.h.
    package static let nameLimit = 255
    /// Leaves room for the temporary file name `.NAME.<16 hex digits>.tmp`.
    package static let outputNameLimit = nameLimit - 23

    /// The directory part of a path: `""` for a plain name, `/` for the root.
    package static func directory(of path: String) -> String {
        switch nameStart(in: path.utf8.span) {
        case 0: return ""
        case 1: return "/"
        case let start: return String(decoding: path.utf8.prefix(start - 1), as: UTF8.self)
        }
    }

    static func nameStart(in path: Span<UInt8>) -> Int {
        var start = path.count
        while start > 0, path[start - 1] != 0x2F { start -= 1 }
        return start
    }

    /// `path`, relative to `directory` unless it is absolute. Without `.` and `//`, and without `..` if a component
    /// before it can be removed. Never empty.
    package static func resolve(_ path: String, in directory: String) -> String {
        let isAbsolute = path.utf8.first == 0x2F
        let joined = isAbsolute || directory.isEmpty ? path : directory + "/" + path
        if isAbsolute, isResolved(path) { return path }
        let rooted = joined.utf8.first == 0x2F
        var components: [Substring] = []
        for component in joined.split(separator: "/") where component != "." {
            if component != ".." {
                components.append(component)
            } else if let last = components.last, last != ".." {
                components.removeLast()
            } else if !rooted {
                components.append(component)
            }
        }
        if components.isEmpty { return rooted ? "/" : "." }
        return (rooted ? "/" : "") + components.joined(separator: "/")
    }

    /// `path`, resolved against the working directory unless it is absolute.
    package static func absolute(_ path: String) -> String {
        resolve(path, in: path.utf8.first == 0x2F ? "" : FileManager.default.currentDirectoryPath)
    }

    /// Whether no component of an absolute path is empty or begins with a dot. Almost all paths pass.
    private static func isResolved(_ path: String) -> Bool {
        var previous: UInt8 = 0
        let bytes = path.utf8.span
        for index in bytes.indices {
            let byte = bytes[index]
            if previous == 0x2F, byte == 0x2F || byte == 0x2E { return false }
            previous = byte
        }
        return previous != 0x2F
    }

    /// Whether a path can name a file, since it does not end like a directory.
    package static func namesFile(_ path: String) -> Bool {
        let bytes = path.utf8.span
        return isName(bytes.extracting(nameStart(in: bytes)...))
    }

    /// Whether the last component is not empty, `.` or `..`.
    static func isName(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count < 3 else { return true }
        return !bytes.isEmpty && (bytes[0] != 0x2E || bytes[bytes.count - 1] != 0x2E)
    }

    /// Why the path is too long for a file; nil if it is not. `nameLimit` applies to the last component.
    package static func lengthProblem(_ path: String, nameLimit lastLimit: Int) -> String? {
        if path.utf8.count <= min(nameLimit, lastLimit) { return nil }
        if path.utf8.count > byteLimit { return "is longer than \(byteLimit) bytes" }
        var length = 0
        let bytes = path.utf8.span
        for index in bytes.indices {
            if bytes[index] == 0x2F { length = 0 } else { length += 1 }
            if length > nameLimit { return "has a component longer than \(nameLimit) bytes" }
        }
        return length > lastLimit ? "has a file name longer than \(lastLimit) bytes" : nil
    }
}
