// SPDX-License-Identifier: Apache-2.0

/// Checks the raw bytes before libyaml reads them. libyaml would accept UTF-16 with a byte order mark, and end lines
/// and comments at characters that editors do not show.
enum SourceBytes {
    /// Returns the offset of the text: after a UTF-8 byte order mark, which Windows editors write.
    static func check(_ bytes: [UInt8]) throws(YAMLError) -> Int {
        guard bytes.count <= YAMLParser.byteLimit else { throw YAMLError(.start, "the file is larger than 4 MiB") }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw YAMLError(.start, "the file is UTF-16", hint: "save it as UTF-8")
        }
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var index = start
        var line = 1
        // The column of a byte is its distance from here.
        var lineStart = start - 1
        while index < bytes.count {
            if bytes[index] == 0x0A {
                line += 1
                lineStart = index
            } else if !(0x20..<0x7F).contains(bytes[index]) {
                let character = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
                let scalar = character.unicodeScalars.first ?? "\0"
                if let (message, hint) = fault(of: scalar, in: bytes[index...]) {
                    throw YAMLError(Mark(line: line, column: index - lineStart), message, hint: hint)
                }
                index += UTF8.width(scalar) - 1
                lineStart += UTF8.width(scalar) - 1
            }
            index += 1
        }
        return start
    }

    /// Why the scalar at the start of the bytes is not allowed.
    private static func fault(
        of scalar: Unicode.Scalar, in bytes: ArraySlice<UInt8>
    ) -> (message: String, hint: String?)? {
        switch scalar.value {
        case 0x09:
            nil
        case 0x0D:
            bytes.dropFirst().first == 0x0A
                ? nil : ("a carriage return without a line feed", "save the file with line ends of Unix")
        case 0x00:
            ("a NUL byte", "save the file as UTF-8 text")
        case 0x01..<0x20, 0x7F:
            ("a control character", "remove it")
        case 0xFFFD where !bytes.starts(with: [0xEF, 0xBF, 0xBD]):
            // The decoder put this character in place of invalid bytes.
            ("bytes that are not UTF-8", "save the file as UTF-8")
        // C1 controls, line breaks of YAML 1.1 only (U+0085, U+2028, U+2029), the bidirectional controls of
        // CVE-2021-42574, byte order marks inside the text, and non-characters.
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF:
            ("an invisible character that changes lines or their direction", "remove it")
        default:
            nil
        }
    }
}
