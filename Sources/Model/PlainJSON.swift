// SPDX-License-Identifier: Apache-2.0

/// JSON of the plainest kind, as answers and tokens nearly always are: printable ASCII without escapes, whole numbers,
/// little nesting. Any decoder reads it the same. Of whatever else it says that it is not plain, and a whole decoder has
/// to look: that takes some ten times longer, and a run may read twenty thousand of these.
package enum PlainJSON {
    /// What a member holds; a text without its quotes.
    package enum Value: Equatable {
        case text(Range<Int>)
        case integer(Int64)
        /// Where the object's brace stands.
        case object(Int)
        /// An array or one of the three words.
        case other
    }

    /// Takes a key, without its quotes, and its value; false where it finds them unusual, which ends the reading.
    package typealias Visitor = (_ key: Range<Int>, _ value: Value) -> Bool

    private static let depthLimit = 8
    /// Digits of a number that a Double holds as it is written, whatever they are.
    private static let digitLimit = 15

    /// Visits the members of the object that is the whole document.
    /// - Returns: false where it is none, or not plain.
    package static func visitMembers(of document: Span<UInt8>, _ visit: Visitor) -> Bool {
        var index = 0
        skipSpace(document, &index)
        guard object(document, &index, depth: 0, visit) else { return false }
        skipSpace(document, &index)
        return index == document.count
    }

    /// Visits the members of an object within a document, by the place that a visit told.
    package static func visitMembers(of document: Span<UInt8>, at place: Int, _ visit: Visitor) -> Bool {
        var index = place
        return object(document, &index, depth: 0, visit)
    }

    /// Whether these bytes of the document are that word.
    package static func says(_ word: String, _ document: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let word = word.utf8.span
        guard word.count == range.count else { return false }
        for index in word.indices where document[range.lowerBound + index] != word[index] { return false }
        return true
    }

    private static func object(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int, _ visit: Visitor) -> Bool {
        guard depth < depthLimit, take(UInt8(ascii: "{"), bytes, &index) else { return false }
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "}"), bytes, &index) { return true }
        while true {
            guard let key = text(bytes, &index) else { return false }
            skipSpace(bytes, &index)
            guard take(UInt8(ascii: ":"), bytes, &index) else { return false }
            skipSpace(bytes, &index)
            guard let value = value(bytes, &index, depth: depth), visit(key, value) else { return false }
            skipSpace(bytes, &index)
            if take(UInt8(ascii: "}"), bytes, &index) { return true }
            guard take(UInt8(ascii: ","), bytes, &index) else { return false }
            skipSpace(bytes, &index)
        }
    }

    private static func value(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Value? {
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "\""): return text(bytes, &index).map(Value.text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            return integer(bytes, &index).map(Value.integer)
        case UInt8(ascii: "{"):
            let place = index
            return object(bytes, &index, depth: depth + 1) { _, _ in true } ? .object(place) : nil
        case UInt8(ascii: "["): return array(bytes, &index, depth: depth + 1) ? .other : nil
        case UInt8(ascii: "t"): return word("true", bytes, &index)
        case UInt8(ascii: "f"): return word("false", bytes, &index)
        case UInt8(ascii: "n"): return word("null", bytes, &index)
        default: return nil
        }
    }

    private static func array(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        guard depth < depthLimit, take(UInt8(ascii: "["), bytes, &index) else { return false }
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "]"), bytes, &index) { return true }
        while true {
            guard value(bytes, &index, depth: depth) != nil else { return false }
            skipSpace(bytes, &index)
            if take(UInt8(ascii: "]"), bytes, &index) { return true }
            guard take(UInt8(ascii: ","), bytes, &index) else { return false }
            skipSpace(bytes, &index)
        }
    }

    private static func text(_ bytes: Span<UInt8>, _ index: inout Int) -> Range<Int>? {
        guard take(UInt8(ascii: "\""), bytes, &index) else { return nil }
        let rest = bytes.extracting(index...)
        var end = 0
        while end + block <= rest.count, isPlain(rest.extracting(end..<(end + block))) { end += block }
        while end < rest.count, special(rest[end]) == 0 { end += 1 }
        guard end < rest.count, rest[end] == UInt8(ascii: "\"") else { return nil }
        let range = index..<(index + end)
        index += end + 1
        return range
    }

    /// Bytes of a text that are looked at in one go.
    private static let block = 16

    /// Whether a block's bytes all stand for themselves. Without a way out in between: of that compilers make a few
    /// instructions.
    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == block else { return false }
        var others: UInt8 = 0
        for index in 0..<block { others |= special(bytes[index]) }
        return others == 0
    }

    /// 0 where a byte stands for itself within a text.
    private static func special(_ byte: UInt8) -> UInt8 {
        (byte &- 0x20 > 0x7e - 0x20 ? 1 : 0) | (byte == UInt8(ascii: "\"") ? 1 : 0)
            | (byte == UInt8(ascii: "\\") ? 1 : 0)
    }

    private static func integer(_ bytes: Span<UInt8>, _ index: inout Int) -> Int64? {
        let isNegative = take(UInt8(ascii: "-"), bytes, &index)
        let start = index
        var number: Int64 = 0
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit <= 9 {
            guard index - start < digitLimit else { return nil }
            number = number * 10 + Int64(digit)
            index += 1
        }
        // No digit at all, a zero before others, a minus before zero.
        guard index > start, number > 0 ? bytes[start] != UInt8(ascii: "0") : index == start + 1 && !isNegative else {
            return nil
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") || bytes[index] | 0x20 == UInt8(ascii: "e") {
            return nil
        }
        return isNegative ? -number : number
    }

    private static func word(_ word: String, _ bytes: Span<UInt8>, _ index: inout Int) -> Value? {
        let end = index + word.utf8.count
        guard end <= bytes.count, says(word, bytes, index..<end) else { return nil }
        index = end
        return .other
    }

    private static func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private static func skipSpace(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0a, 0x0d: index += 1
            default: return
            }
        }
    }
}
