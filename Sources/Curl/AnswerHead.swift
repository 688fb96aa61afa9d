// SPDX-License-Identifier: Apache-2.0

/// What stands before an answer's body, taken up line by line.
struct AnswerHead {
    /// Of the last answer that began; 0 before any did.
    private(set) var status = 0
    private(set) var headers = AnswerHeaders()
    /// Whether the headers of a final answer are all there.
    private(set) var isComplete = false
    /// Whether the body's length is no number, or was told twice.
    private(set) var hasWrongLength = false
    /// Of all lines so far, in bytes.
    private var size = 0
    private var length: String?

    /// The headers that are kept, by lower-case name, found without making a text of every line's name.
    struct Names: Sendable {
        private let names: [(text: String, bytes: [UInt8])]

        init(_ names: Set<String>) {
            self.names = names.map { ($0, Array($0.utf8)) }
        }

        /// The name that a line's bytes spell in whatever case.
        fileprivate func name(_ bytes: Span<UInt8>) -> String? {
            for name in names where AnswerHead.spells(name.bytes, bytes) { return name.text }
            return nil
        }
    }

    private static let version = Array("HTTP/".utf8)
    private static let contentLength = Array("content-length".utf8)

    /// Takes up one line, its end included: also one of an interim answer or a trailer.
    /// - Returns: false where all lines together would be larger than allowed.
    mutating func take(_ line: Span<UInt8>, keeping names: borrowing Names, maximumSize: Int) -> Bool {
        guard size + line.count <= maximumSize else { return false }
        size += line.count
        var end = line.count
        while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
        if end == 0 {
            if status >= 200 { isComplete = true }
        } else if end >= 10, Self.begins(line, Self.version) {
            headers = AnswerHeaders()
            isComplete = false
            length = nil
            status = Self.status(in: line.extracting(..<end))
        } else if !isComplete, let colon = Self.firstIndex(of: UInt8(ascii: ":"), in: line.extracting(..<end)) {
            if Self.spells(Self.contentLength, line.extracting(..<colon)) {
                check(length: Self.value(line.extracting((colon + 1)..<end)))
            } else if let name = names.name(line.extracting(..<colon)) {
                headers.set(name, Self.value(line.extracting((colon + 1)..<end)))
            }
        }
        return true
    }

    /// libcurl takes the last of several lengths, and one too large for it as none at all. RFC 9112 §6.3 has the
    /// recipient refuse such an answer: two readers of it would disagree where it ends.
    private mutating func check(length value: String) {
        if let length, length != value { hasWrongLength = true }
        if Int64(value) == nil { hasWrongLength = true }
        length = value
    }

    /// Whether bytes are a lower-case word, in whatever case.
    private static func spells(_ word: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard word.count == bytes.count else { return false }
        for index in bytes.indices {
            let byte = bytes[index]
            let isUpperCase = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if word[index] != (isUpperCase ? byte | 0x20 : byte) { return false }
        }
        return true
    }

    /// - Parameter line: not shorter than `word`.
    private static func begins(_ line: Span<UInt8>, _ word: [UInt8]) -> Bool {
        for index in word.indices where line[index] != word[index] { return false }
        return true
    }

    private static func firstIndex(of wanted: UInt8, in bytes: Span<UInt8>) -> Int? {
        for index in bytes.indices where bytes[index] == wanted { return index }
        return nil
    }

    /// The three digits behind the first space; 0 where there are none.
    private static func status(in line: Span<UInt8>) -> Int {
        guard let space = firstIndex(of: 0x20, in: line) else { return 0 }
        return Int(text(line.extracting((space + 1)..<min(space + 4, line.count)))) ?? 0
    }

    /// Without the spaces around it.
    private static func value(_ bytes: Span<UInt8>) -> String {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return text(bytes.extracting(start..<end))
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        if let valid = try? UTF8Span(validating: bytes) { return String(copying: valid) }
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
