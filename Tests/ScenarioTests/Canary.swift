// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Looks for secrets and tokens where none may be.
struct Canary {
    private var values: Set<String> = []
    /// By the value that they give away.
    private var needles: [String: [Data]] = [:]

    init() {
        // How every token of the sandbox begins: this finds those too that were refused and never published.
        add("eyJhbGciOiJSUzI1NiJ9")
    }

    mutating func add(_ value: String) {
        // What is shorter could stand anywhere by chance.
        guard value.utf8.count >= 12, values.insert(value).inserted else { return }
        needles[value] = Self.forms(of: value)
    }

    /// Adds a token by its ends: a cut token gives away as much as a whole one.
    mutating func addToken(_ token: String) {
        guard token.utf8.count > 120 else { return add(token) }
        add(String(token.suffix(48)))
        add(String(token.dropFirst(24).prefix(48)))
    }

    /// The first bytes of what is found in `data`, enough to look for it.
    func finding(in data: Data) -> String? {
        for (value, forms) in needles where forms.contains(where: { data.range(of: $0) != nil }) {
            return String(value.prefix(8)) + "…"
        }
        return nil
    }

    /// Raw, in base64 at any alignment and in both alphabets, hexadecimal, percent-encoded, escaped as in JSON.
    private static func forms(of value: String) -> [Data] {
        let bytes = Array(value.utf8)
        var forms: Set<String> = [value, value.replacing("/", with: "\\/"), value.replacing("\"", with: "\\\"")]
        forms.insert(bytes.map { String(format: "%02x", $0) }.joined())
        forms.insert(bytes.map { String(format: "%02X", $0) }.joined())
        for form in ["%%%02x", "%%%02X", "\\u%04x", "\\u%04X"] {
            forms.insert(bytes.map { String(format: form, $0) }.joined())
            forms.insert(bytes.map { isUnreserved($0) ? String(UnicodeScalar($0)) : String(format: form, $0) }.joined())
        }
        for offset in 0..<3 {
            // The characters at the ends depend on the neighbours.
            let whole = Data(repeating: 0, count: offset) + Data(bytes)
            let text = whole.base64EncodedString().drop { $0 == "=" }
            let inner = text.dropFirst(offset == 0 ? 0 : 4).prefix((whole.count / 3) * 4 - (offset == 0 ? 0 : 4))
            forms.insert(String(inner))
            forms.insert(String(inner).replacing("+", with: "-").replacing("/", with: "_"))
        }
        return forms.map { Data($0.utf8) }
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
    }
}

/// The tokens in a text: JSON Web Tokens, and the opaque ones that the sandbox gives.
func tokens(in text: String) -> [String] {
    let pattern = #"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|opaque-[0-9a-f-]{36}"#
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
    let whole = NSRange(text.startIndex..., in: text)
    return expression.matches(in: text, range: whole).compactMap { match in
        Range(match.range, in: text).map { String(text[$0]) }
    }
}

/// The claims of a JSON Web Token.
func claims(of token: String) -> [String: Any]? {
    let parts = token.split(separator: ".")
    guard parts.count == 3 else { return nil }
    var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    guard let data = Data(base64Encoded: text) else { return nil }
    return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
}
