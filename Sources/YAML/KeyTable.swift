// SPDX-License-Identifier: Apache-2.0

/// Gives each key of a document a number.
struct KeyTable {
    /// By number.
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]
    /// The same names as bytes.
    private var bytes: [UInt8] = []
    /// By number.
    private var entries: [Entry] = []
    private var last: Int?

    private struct Entry {
        /// The bytes of the name.
        let range: Range<Int>
        /// The first key that is canonically equivalent in Unicode.
        let equal: Int
        /// The key that followed this one last time. Similar mappings repeat the order.
        var follower: Int
    }

    init(_ names: [String]) {
        numbers.reserveCapacity(names.count)
        for name in names { _ = find(name) }
    }

    /// The number of the next key in the file.
    mutating func number(of text: Span<UInt8>) -> Int {
        let number: Int
        if let last, isSpelled(entries[last].follower, text) {
            number = entries[last].follower
        } else {
            number = find(String(decoding: text.indices.map { text[$0] }, as: UTF8.self))
            if let last { entries[last].follower = number }
        }
        last = number
        return number
    }

    /// The same number for all Unicode spellings of a key.
    func representative(of number: Int) -> Int { entries[number].equal }

    private func isSpelled(_ number: Int, _ text: Span<UInt8>) -> Bool {
        let range = entries[number].range
        guard range.count == text.count else { return false }
        for index in text.indices where bytes[range.lowerBound + index] != text[index] { return false }
        return true
    }

    private mutating func find(_ name: String) -> Int {
        let equal = numbers[name]
        if let equal, names[equal].utf8.elementsEqual(name.utf8) { return equal }
        let number = names.count
        names.append(name)
        entries.append(
            Entry(range: bytes.count..<bytes.count + name.utf8.count, equal: equal ?? number, follower: number))
        bytes += name.utf8
        if equal == nil { numbers[name] = number }
        return number
    }
}
