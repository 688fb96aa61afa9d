// SPDX-License-Identifier: Apache-2.0

/// The status line and headers of a response, parsed line by line.
struct ResponseHead {
    /// Status of the last response head; 0 before the first.
    private(set) var status = 0
    /// By lower-case name; the last value of a repeated header.
    private(set) var headers: [String: String] = [:]
    /// Whether all headers of a final response have arrived.
    private(set) var isComplete = false
    /// Whether Content-Length is invalid, or sent twice with different values.
    private(set) var hasWrongLength = false
    /// Bytes of all lines so far, including interim responses.
    private var size = 0
    private static let maximumSize = 128 * 1024
    private var length: String?

    /// Parses one line with its line end. Also called for interim responses and trailers.
    /// - Parameter names: The lower-case names of the headers to keep.
    /// - Returns: false if all lines together exceed the maximum size.
    mutating func take(_ line: Span<UInt8>, keeping names: [String]) -> Bool {
        guard size + line.count <= Self.maximumSize else { return false }
        size += line.count
        var end = line.count
        while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
        let line = line.extracting(..<end)
        if line.isEmpty {
            if status >= 200 { isComplete = true }
        } else if line.count >= 10, line[0] == UInt8(ascii: "H"), Self.text(line.extracting(first: 5)) == "HTTP/" {
            headers = Dictionary(minimumCapacity: names.count)
            isComplete = false
            length = nil
            status = Self.status(in: line)
        } else if !isComplete, let colon = Self.firstIndex(of: UInt8(ascii: ":"), in: line) {
            let name = line.extracting(..<colon)
            let value = line.extracting((colon + 1)...)
            if Self.equals(name, "content-length") {
                check(length: Self.value(value))
            } else {
                for kept in names where Self.equals(name, kept) { headers[kept] = Self.value(value) }
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

    /// Whether the bytes equal a lower-case word, ignoring case. Compared as bytes, so that other lines need no string.
    private static func equals(_ bytes: Span<UInt8>, _ word: String) -> Bool {
        guard word.utf8.count == bytes.count else { return false }
        for (letter, index) in zip(word.utf8, bytes.indices) {
            let byte = bytes[index]
            let isUpperCase = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if letter != (isUpperCase ? byte | 0x20 : byte) { return false }
        }
        return true
    }

    private static func firstIndex(of wanted: UInt8, in bytes: Span<UInt8>) -> Int? {
        bytes.indices.first { bytes[$0] == wanted }
    }

    /// The three digits after the first space; 0 if they are missing.
    private static func status(in line: Span<UInt8>) -> Int {
        guard let space = firstIndex(of: 0x20, in: line) else { return 0 }
        return Int(text(line.extracting((space + 1)..<min(space + 4, line.count)))) ?? 0
    }

    private static func value(_ bytes: Span<UInt8>) -> String {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return text(bytes.extracting(start..<end))
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        if let valid = try? UTF8Span(validating: bytes) { return String(copying: valid) }
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
