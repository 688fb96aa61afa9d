// SPDX-License-Identifier: Apache-2.0

internal import Model

/// DOKU's error code and message, limited in length and safe to print.
///
/// The known shapes are `{"error":{…}}`, the same without the outer object, and `error_messages`. A message is a string
/// or an array.
struct DOKUErrorBody {
    /// Such as `invalid_signature`; nil if there is no code of that form.
    let code: String?
    /// At most 160 visible ASCII characters.
    let message: String?

    init(_ body: [UInt8]) {
        let document = JSON(body)
        let inner = document?["error"]
        code = (Self.text(inner?["code"]) ?? Self.text(document?["code"])).flatMap { word in
            let isWord = !word.isEmpty && word.utf8.count <= 64 && word.utf8.allSatisfy(Self.isWordByte)
            return isWord ? word : nil
        }
        message = [inner?["message"], document?["message"], document?["error_messages"]]
            .lazy.compactMap(Self.text).first.map(Self.harmless)
    }

    /// A string, or an array of strings as one.
    private static func text(_ value: JSON?) -> String? {
        value?.string
            ?? value?.array.flatMap { items in
                let texts = items.compactMap(\.string)
                return texts.count == items.count ? texts.joined(separator: "; ") : nil
            }
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
}
