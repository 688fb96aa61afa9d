// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A value of a JSON document (RFC 8259).
///
/// Foundation's decoders take 5 to 9 µs more for a brand, about 5 % of its CPU time, and hide duplicate keys.
package enum JSON: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    /// In the order of the document, with duplicates.
    case object([Member])

    package struct Member: Equatable {
        package let key: String
        package let value: JSON
    }

    /// nil if the bytes are not one JSON document, or are nested too deeply.
    package init?(_ document: [UInt8]) {
        var reader = JSONReader(bytes: document)
        guard let value = reader.document() else { return nil }
        self = value
    }

    /// The first member with this key; nil if there is none, or this is not an object.
    package subscript(key: String) -> JSON? {
        members?.first { $0.key == key }?.value
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
}

private struct JSONReader {
    let bytes: [UInt8]
    var index = 0

    /// Bounds the stack that a document can use.
    private static let depthLimit = 64

    mutating func document() -> JSON? {
        // A byte order mark may be ignored (RFC 8259 §8.1).
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        let value = value(depth: 0)
        return next() == nil ? value : nil
    }

    private mutating func value(depth: Int) -> JSON? {
        guard depth < Self.depthLimit, let first = next() else { return nil }
        switch first {
        case UInt8(ascii: "{"):
            var members: [JSON.Member] = []
            let isValid = list(endingWith: UInt8(ascii: "}")) { reader in
                guard let key = reader.string(), reader.take(UInt8(ascii: ":")),
                    let value = reader.value(depth: depth + 1)
                else { return false }
                members.append(JSON.Member(key: key, value: value))
                return true
            }
            return isValid ? .object(members) : nil
        case UInt8(ascii: "["):
            var items: [JSON] = []
            let isValid = list(endingWith: UInt8(ascii: "]")) { reader in
                guard let item = reader.value(depth: depth + 1) else { return false }
                items.append(item)
                return true
            }
            return isValid ? .array(items) : nil
        case UInt8(ascii: "\""): return string().map(JSON.string)
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .null)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return number()
        default: return nil
        }
    }

    /// Reads an opening bracket, elements with commas between them, and the closing bracket.
    private mutating func list(endingWith end: UInt8, element: (inout JSONReader) -> Bool) -> Bool {
        index += 1
        if take(end) { return true }
        repeat {
            guard element(&self) else { return false }
        } while take(UInt8(ascii: ","))
        return take(end)
    }

    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        var end = start
        var hasEscape = false
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            guard bytes[end] >= 0x20 else { return nil }
            if bytes[end] == UInt8(ascii: "\\") {
                hasEscape = true
                end += 1
            }
            end += 1
        }
        guard end < bytes.count else { return nil }
        index = end + 1
        if hasEscape { return try? JSONDecoder().decode(String.self, from: Data(bytes[(start - 1)...end])) }
        return try? String(copying: UTF8Span(validating: bytes.span.extracting(start..<end)))
    }

    private mutating func number() -> JSON? {
        let text = bytes[index...].prefix { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }
        index = text.endIndex
        // Other numbers are rare, and a Double holds these exactly.
        if (0x31...0x39).contains(text[text.startIndex]), text.count <= 15,
            let number = Int(String(decoding: text, as: UTF8.self))
        {
            return .number(Double(number))
        }
        return (try? JSONDecoder().decode(Double.self, from: Data(text))).map(JSON.number)
    }

    private mutating func word(_ word: String, _ value: JSON) -> JSON? {
        guard bytes[index...].starts(with: word.utf8) else { return nil }
        index += word.utf8.count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next() == byte else { return false }
        index += 1
        return true
    }

    /// The next byte after white space, which is skipped; nil at the end.
    private mutating func next() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case let byte: return byte
            }
        }
        return nil
    }
}
