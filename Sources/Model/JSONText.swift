// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

package protocol JSONValue {
    var json: String { get }
}

extension String: JSONValue { package var json: String { JSONText.quoted(self) } }
extension Bool: JSONValue { package var json: String { description } }
extension Int: JSONValue { package var json: String { description } }
extension Int32: JSONValue { package var json: String { description } }
extension Int64: JSONValue { package var json: String { description } }
extension Timestamp: JSONValue { package var json: String { description.json } }
extension Optional: JSONValue where Wrapped: JSONValue { package var json: String { self?.json ?? "null" } }
extension Array: JSONValue where Element: JSONValue {
    package var json: String { "[" + map(\.json).joined(separator: ", ") + "]" }
}

/// An object on one line, its members in the order of the literal.
package struct JSONObject: JSONValue, ExpressibleByDictionaryLiteral {
    package let json: String

    package init(dictionaryLiteral members: (String, any JSONValue)...) {
        json = "{" + members.map { "\($0.json): \($1.json)" }.joined(separator: ", ") + "}"
    }
}

/// The project's JSON documents. They are written without an encoder, which would need a whole document in memory.
package enum JSONText {
    /// A string with its quotes.
    package static func quoted(_ text: String) -> String {
        // Most texts are plain words and paths, which need no encoder.
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }) { return "\"\(text)\"" }
        // Encoding a string cannot fail.
        guard let data = try? encoder.encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()
}
