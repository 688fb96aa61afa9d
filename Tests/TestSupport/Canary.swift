// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// Looks for secrets and tokens where none may be.
package struct Canary {
    private var values: Set<String> = []
    /// By the value that they give away.
    private var needles: [String: [Data]] = [:]

    package init() {
        // How every token of the sandbox begins: this finds those too that were refused and never published.
        add("eyJhbGciOiJSUzI1NiJ9")
    }

    package mutating func add(_ value: String) {
        // What is shorter could stand anywhere by chance.
        guard value.utf8.count >= 12, values.insert(value).inserted else { return }
        needles[value] = Self.forms(of: value)
    }

    /// Adds a token by its ends: a cut token gives away as much as a whole one.
    package mutating func addToken(_ token: String) {
        guard token.utf8.count > 120 else { return add(token) }
        add(String(token.suffix(48)))
        add(String(token.dropFirst(24).prefix(48)))
    }

    /// The first bytes of what is found in `data`, enough to look for it.
    package func finding(in data: Data) -> String? {
        let texts = [data, Self.percentDecoded(data), Self.unescaped(data)]
        for (value, forms) in needles
        where forms.contains(where: { form in texts.contains { $0.range(of: form) != nil } }) {
            return String(value.prefix(8)) + "…"
        }
        return nil
    }

    /// As it is, hexadecimal, and in base64 at any alignment and in both alphabets.
    private static func forms(of value: String) -> [Data] {
        let bytes = Data(value.utf8)
        var forms: Set<String> = [value]
        forms.insert(bytes.map { String(format: "%02x", $0) }.joined())
        forms.insert(bytes.map { String(format: "%02X", $0) }.joined())
        for offset in 0..<3 {
            // The characters at the ends depend on the neighbours.
            let whole = Data(count: offset) + bytes
            let skipped = offset == 0 ? 0 : 4
            let inner = String(whole.base64EncodedString().dropFirst(skipped).prefix(whole.count / 3 * 4 - skipped))
            forms.insert(inner)
            forms.insert(inner.replacing("+", with: "-").replacing("/", with: "_"))
        }
        return forms.map { Data($0.utf8) }
    }

    /// Every `%XX` as its byte: which characters a writer encodes is up to the writer.
    private static func percentDecoded(_ data: Data) -> Data {
        decoded(data, mark: UInt8(ascii: "%")) { rest in
            number(rest.prefix(2), digits: 2).map { (Data([UInt8($0)]), 2) }
        }
    }

    /// Every escape of JSON as its character.
    private static func unescaped(_ data: Data) -> Data {
        decoded(data, mark: UInt8(ascii: "\\")) { rest in
            if rest.first == UInt8(ascii: "u") {
                return number(rest.dropFirst().prefix(4), digits: 4).flatMap(UnicodeScalar.init(_:)).map {
                    (Data(String($0).utf8), 5)
                }
            }
            return rest.first.map { (Data([$0]), 1) }
        }
    }

    /// - Parameter decode: what stands for the bytes behind a mark, and how many they are.
    private static func decoded(_ data: Data, mark: UInt8, decode: (Data) -> (Data, Int)?) -> Data {
        guard data.contains(mark) else { return Data() }
        var result = Data()
        var rest = data
        while let next = rest.firstIndex(of: mark) {
            result += rest[..<next]
            rest = rest[(next + 1)...]
            if let (bytes, count) = decode(rest.prefix(5)) {
                result += bytes
                rest = rest.dropFirst(count)
            } else {
                result.append(mark)
            }
        }
        return result + rest
    }

    private static func number(_ text: Data, digits: Int) -> UInt32? {
        text.count == digits ? UInt32(String(decoding: text, as: UTF8.self), radix: 16) : nil
    }
}

/// The tokens in a text: JSON Web Tokens, and the opaque ones that the sandbox gives.
package func tokens(in text: String) -> [String] {
    let pattern = #"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|opaque-[0-9a-f-]{36}"#
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
    let whole = NSRange(text.startIndex..., in: text)
    return expression.matches(in: text, range: whole).compactMap { match in
        Range(match.range, in: text).map { String(text[$0]) }
    }
}

/// The claims of a JSON Web Token.
package func claims(of token: String) -> [String: Any]? {
    let parts = token.split(separator: ".")
    guard parts.count == 3 else { return nil }
    var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    guard let data = Data(base64Encoded: text) else { return nil }
    return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
}
