// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// DOKU's error code and message in any of the known shapes, limited in length and safe to print.
struct DOKUErrorBody {
    /// Such as `invalid_signature`; nil if there is no code of that form.
    let code: String?
    /// At most 160 visible ASCII characters.
    let message: String?

    init(_ body: [UInt8]) {
        let shapes = try? JSONDecoder().decode(Shapes.self, from: Data(body))
        let inner = shapes?.error
        code = (inner?.code ?? shapes?.code).flatMap { word in
            let isWord = !word.isEmpty && word.utf8.count <= 64 && word.utf8.allSatisfy(Self.isWordByte)
            return isWord ? word : nil
        }
        message = (inner?.message ?? shapes?.message ?? shapes?.errorMessages).map(Self.harmless)
    }

    /// `: code, "message"`, without the parts that are missing.
    var suffix: String {
        let words = [code, message.map { "\"\($0)\"" }].compactMap { $0 }
        return words.isEmpty ? "" : ": " + words.joined(separator: ", ")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func harmless(_ text: String) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            mayBeToken(word) ? "(\(word.utf8.count) characters)" : word
        }
        return String(
            words.joined(separator: " ").unicodeScalars.prefix(160).map { scalar in
                (0x20...0x7e).contains(scalar.value) && scalar != "\"" ? Character(scalar) : "?"
            })
    }

    /// Whether a word contains so many token or signature characters in a row that it may be one.
    private static func mayBeToken(_ word: Substring) -> Bool {
        var run = 0
        for byte in word.utf8 {
            run = isWordByte(byte) || "+/=~".utf8.contains(byte) ? run + 1 : 0
            if run > 40 { return true }
        }
        return false
    }

    /// `{"error":{…}}`, the same without the outer object, `message` as a string or an array, `error_messages`.
    private struct Shapes: Decodable {
        struct Inner {
            let code: String?
            let message: String?
        }

        let error: Inner?
        let code: String?
        let message: String?
        let errorMessages: String?

        private enum Key: String, CodingKey {
            case error, code, message
            case errorMessages = "error_messages"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            func text(_ container: KeyedDecodingContainer<Key>, _ key: Key) -> String? {
                if let one = try? container.decode(String.self, forKey: key) { return one }
                return (try? container.decode([String].self, forKey: key))?.joined(separator: "; ")
            }
            error = (try? container.nestedContainer(keyedBy: Key.self, forKey: .error)).map {
                Inner(code: text($0, .code), message: text($0, .message))
            }
            code = text(container, .code)
            message = text(container, .message)
            errorMessages = text(container, .errorMessages)
        }
    }
}
