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
        var offset = start
        var line = 1
        var column = 1
        for scalar in String(decoding: bytes[start...], as: UTF8.self).unicodeScalars {
            let end = offset + UTF8.width(scalar)
            if let (message, hint) = fault(of: scalar, in: bytes, offset..<end) {
                throw YAMLError(Mark(line: line, column: column), message, hint: hint)
            }
            offset = end
            line += scalar == "\n" ? 1 : 0
            column = scalar == "\n" ? 1 : column + 1
        }
        return start
    }

    private static func fault(
        of scalar: Unicode.Scalar, in bytes: [UInt8], _ place: Range<Int>
    ) -> (message: String, hint: String?)? {
        switch scalar.value {
        case 0x20..<0x7F, 0x09, 0x0A:
            nil
        case 0x0D:
            place.upperBound < bytes.count && bytes[place.upperBound] == 0x0A
                ? nil : ("a carriage return without a line feed", nil)
        case 0x00:
            ("a NUL byte", "save the file as UTF-8 text")
        case 0x01..<0x20, 0x7F:
            ("a control character", nil)
        case 0xFFFD where place.upperBound > bytes.count || !bytes[place].elementsEqual([0xEF, 0xBF, 0xBD]):
            // The decoder put this character in place of invalid bytes.
            ("bytes that are not UTF-8", "save the file as UTF-8")
        // C1 controls, line breaks of YAML 1.1 only (U+0085, U+2028, U+2029), the bidirectional controls of
        // CVE-2021-42574, byte order marks inside the text, and non-characters.
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF:
            ("an invisible character that changes lines or their direction", nil)
        default:
            nil
        }
    }
}
