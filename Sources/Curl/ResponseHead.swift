// SPDX-License-Identifier: Apache-2.0

/// The status line and headers of a response, parsed line by line.
struct ResponseHead {
    /// Status of the last response head; 0 before the first.
    private(set) var status = 0
    private(set) var headers = ResponseHeaders()
    /// Whether all headers of a final response have arrived.
    private(set) var isComplete = false
    /// Whether Content-Length is invalid, or sent twice with different values.
    private(set) var hasWrongLength = false
    /// Bytes of all lines so far.
    private var size = 0
    private var length: String?

    /// The names of the headers to keep, in lower case. Compared as bytes, so that other lines need no string.
    struct Names: Sendable {
        private let names: [(text: String, bytes: [UInt8])]

        init(_ names: Set<String>) {
            self.names = names.map { ($0, Array($0.utf8)) }
        }

        /// The kept name that equals these bytes, ignoring case.
        fileprivate func name(_ bytes: Span<UInt8>) -> String? {
            for name in names where ResponseHead.spells(name.bytes, bytes) { return name.text }
            return nil
        }
    }

    private static let version = Array("HTTP/".utf8)
    private static let contentLength = Array("content-length".utf8)

    /// Parses one line with its line end. Also called for interim responses and trailers.
    /// - Returns: false if all lines together exceed the maximum size.
    mutating func take(_ line: Span<UInt8>, keeping names: borrowing Names, maximumSize: Int) -> Bool {
        guard size + line.count <= maximumSize else { return false }
        size += line.count
        var end = line.count
        while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
        if end == 0 {
            if status >= 200 { isComplete = true }
        } else if end >= 10, Self.begins(line, Self.version) {
            headers = ResponseHeaders()
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

    /// libcurl uses the last of several lengths and ignores one that is too large. RFC 9112 §6.3 requires recipients
    /// to reject such a response, since two readers could disagree where it ends.
    private mutating func check(length value: String) {
        if let length, length != value { hasWrongLength = true }
        if Int64(value) == nil { hasWrongLength = true }
        length = value
    }

    /// Whether the bytes equal a lower-case word, ignoring case.
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

    /// The three digits after the first space; 0 if they are missing.
    private static func status(in line: Span<UInt8>) -> Int {
        guard let space = firstIndex(of: 0x20, in: line) else { return 0 }
        return Int(text(line.extracting((space + 1)..<min(space + 4, line.count)))) ?? 0
    }

    /// The text without leading and trailing blanks.
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
