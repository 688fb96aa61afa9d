// SPDX-License-Identifier: Apache-2.0

/// Checks the raw bytes before libyaml reads them. libyaml would accept UTF-16 with a byte order mark, and end lines
/// and comments at characters that editors do not show.
enum SourceBytes {
    /// More than any real configuration: 40 000 brands fit.
    static let byteLimit = 4 << 20

    /// Returns the offset of the text: after a UTF-8 byte order mark, which Windows editors write.
    static func check(_ bytes: [UInt8]) throws(YAMLError) -> Int {
        let start = Mark(line: 1, column: 1)
        guard bytes.count <= byteLimit else {
            throw YAMLError(start, "the file is larger than 4 MiB")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw YAMLError(start, "the file is UTF-16", hint: "save it as UTF-8")
        }
        let offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        try checkCharacters(bytes.span.extracting(droppingFirst: offset))
        return offset
    }

    private static func checkCharacters(_ bytes: Span<UInt8>) throws(YAMLError) {
        var index = 0
        while index < bytes.count {
            if isPlain(bytes, eightAt: index) {
                index += 8
            } else {
                index += try characterLength(bytes, at: index)
            }
        }
    }

    /// Whether the next eight bytes are all printable ASCII or line feeds, as in most of a file.
    private static func isPlain(_ bytes: Span<UInt8>, eightAt index: Int) -> Bool {
        guard index + 8 <= bytes.count else { return false }
        let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        func all(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
        // The highest bit of each byte is the result. If all bytes are ASCII, no carry reaches the next byte; the
        // last line checks that.
        let isPrintable = (word &+ all(0x60)) & ~(word &+ all(0x01))
        let isOther = (word ^ all(0x0A)) &+ all(0x7F)
        return (isPrintable | ~isOther) & ~word & all(0x80) == all(0x80)
    }

    private static func characterLength(_ bytes: Span<UInt8>, at index: Int) throws(YAMLError) -> Int {
        switch bytes[index] {
        case 0x20..<0x7F, 0x09, 0x0A:
            return 1
        case 0x0D:
            guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else {
                throw YAMLError(mark(of: index, in: bytes), "a carriage return without a line feed")
            }
            return 1
        case 0x00:
            throw YAMLError(mark(of: index, in: bytes), "a NUL byte", hint: "save the file as UTF-8 text")
        case 0x01..<0x20, 0x7F:
            throw YAMLError(mark(of: index, in: bytes), "a control character")
        default:
            guard let (scalar, length) = decode(bytes, at: index) else {
                throw YAMLError(mark(of: index, in: bytes), "bytes that are not UTF-8", hint: "save the file as UTF-8")
            }
            guard !isDeceptive(scalar) else {
                throw YAMLError(
                    mark(of: index, in: bytes), "an invisible character that changes lines or their direction")
            }
            return length
        }
    }

    /// The position of a byte after valid text.
    private static func mark(of index: Int, in bytes: Span<UInt8>) -> Mark {
        var line = 1
        var column = 1
        for position in 0..<index {
            if bytes[position] == 0x0A {
                line += 1
                column = 1
            } else if bytes[position] & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Mark(line: line, column: column)
    }

    /// Decodes a scalar of several bytes by the table of RFC 3629 §4: no overlong form, no surrogate.
    private static func decode(_ bytes: Span<UInt8>, at index: Int) -> (scalar: UInt32, length: Int)? {
        let first = bytes[index]
        let length: Int
        let least: UInt32
        var scalar: UInt32
        switch first {
        case 0xC2...0xDF: (length, least, scalar) = (2, 0x80, UInt32(first & 0x1F))
        case 0xE0...0xEF: (length, least, scalar) = (3, 0x800, UInt32(first & 0x0F))
        case 0xF0...0xF4: (length, least, scalar) = (4, 0x10000, UInt32(first & 0x07))
        default: return nil
        }
        guard index + length <= bytes.count else { return nil }
        for position in index + 1..<index + length {
            guard bytes[position] & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(bytes[position] & 0x3F)
        }
        guard scalar >= least, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return nil }
        return (scalar, length)
    }

    /// C1 controls, line breaks of YAML 1.1 only (U+0085, U+2028, U+2029), the bidirectional controls of
    /// CVE-2021-42574, byte order marks inside the text, and non-characters.
    private static func isDeceptive(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
