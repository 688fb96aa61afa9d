// SPDX-License-Identifier: Apache-2.0

internal import Glibc

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
