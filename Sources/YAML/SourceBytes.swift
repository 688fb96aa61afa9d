// SPDX-License-Identifier: Apache-2.0

/// The checks on a file's raw bytes, made before libyaml sees them: it would guess UTF-16 from a mark,
/// and end lines (and with them comments) at characters that editors show as nothing.
enum SourceBytes {
    /// Far above any real configuration; 40 000 brands fit.
    static let byteLimit = 4 << 20

    /// Where the text begins: after a UTF-8 byte order mark, which editors on Windows write and which is allowed.
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
        var line = 1
        var column = 1
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x0A:
                line += 1
                column = 0
            case 0x20..<0x7F, 0x09:
                break
            case 0x0D:
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else {
                    throw YAMLError(Mark(line: line, column: column), "a carriage return without a line feed")
                }
            case 0x00:
                throw YAMLError(Mark(line: line, column: column), "a NUL byte", hint: "save the file as UTF-8 text")
            case 0x01..<0x20, 0x7F:
                throw YAMLError(Mark(line: line, column: column), "a control character")
            default:
                guard let (scalar, length) = decode(bytes, at: index) else {
                    throw YAMLError(
                        Mark(line: line, column: column), "bytes that are not UTF-8", hint: "save the file as UTF-8")
                }
                guard !isDeceptive(scalar) else {
                    throw YAMLError(
                        Mark(line: line, column: column),
                        "an invisible character that changes lines or their direction")
                }
                index += length - 1
            }
            index += 1
            column += 1
        }
    }

    /// One scalar of more than one byte, by the table of RFC 3629 §4: no overlong form, no surrogate.
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

    /// C1 controls and the line breaks of YAML 1.1 that are none elsewhere (U+0085, U+2028, U+2029), the
    /// bidirectional controls of CVE-2021-42574, byte order marks inside the text, and non-characters.
    private static func isDeceptive(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
