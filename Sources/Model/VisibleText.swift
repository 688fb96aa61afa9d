// SPDX-License-Identifier: Apache-2.0

/// Which characters may reach a terminal, a file name or a header as they are.
package enum VisibleText {
    /// Control characters, further line breaks, and what reorders or hides text (CVE-2021-42574).
    package static func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }

    package static func hasDeceptive(_ text: String) -> Bool {
        // The common case, a short ASCII text, without decoding scalars.
        let bytes = text.utf8.span
        for index in bytes.indices where bytes[index] < 0x20 || bytes[index] >= 0x7F {
            return text.unicodeScalars.contains(where: isDeceptive)
        }
        return false
    }

    /// 0x21…0x7E: ASCII without space and control characters.
    package static func isVisibleASCII(_ text: String) -> Bool {
        let bytes = text.utf8.span
        for index in bytes.indices where !(0x21...0x7E).contains(bytes[index]) { return false }
        return true
    }

    /// `text` with deceptive characters written as `\u{…}`, for one line of output.
    package static func escaping(_ text: String) -> String {
        guard hasDeceptive(text) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if isDeceptive(scalar) {
                escaped += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
