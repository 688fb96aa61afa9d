// SPDX-License-Identifier: Apache-2.0

/// Paths as texts, without a look at the file system. `..` takes back the component before it, also where that is
/// a symbolic link on disk: the same text always names the same file of the configuration.
package enum LexicalPath {
    /// PATH_MAX of linux/limits.h, less its NUL.
    static let byteLimit = 4095
    /// NAME_MAX of linux/limits.h.
    package static let nameLimit = 255
    /// Room for `.NAME.<16 hex digits>.tmp` beside an output's name.
    package static let outputNameLimit = nameLimit - 23

    /// The directory part of a path as typed: `""` for a plain name, `/` for the root.
    package static func directory(of path: String) -> String {
        switch nameStart(in: path.utf8.span) {
        case 0: return ""
        case 1: return "/"
        case let start: return String(path[..<path.utf8.index(path.startIndex, offsetBy: start - 1)])
        }
    }

    /// Where the last component begins.
    private static func nameStart(in path: Span<UInt8>) -> Int {
        var start = path.count
        while start > 0, path[start - 1] != 0x2F { start -= 1 }
        return start
    }

    /// `path`, relative to `directory` where it is not absolute, without `.`, `//` and, as far as they can be
    /// taken back, `..`. Never empty.
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

    /// Whether no component of an absolute path is empty or begins with a dot, which is nearly always so.
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

    /// Whether a path as typed can name a file: it does not end like a directory.
    package static func namesFile(_ path: String) -> Bool {
        let bytes = path.utf8.span
        let start = nameStart(in: bytes)
        switch bytes.count - start {
        case 0: return false
        case 1: return bytes[start] != 0x2E
        case 2: return bytes[start] != 0x2E || bytes[start + 1] != 0x2E
        default: return true
        }
    }

    /// The reason why no file can have this path, else nil. The last component is held to `nameLimit`.
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
