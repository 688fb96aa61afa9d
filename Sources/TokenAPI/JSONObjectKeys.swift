// SPDX-License-Identifier: Apache-2.0

/// Which keys an object has, as often as it has them: decoders keep one of several equal ones.
enum JSONObjectKeys {
    /// How often the outermost object of a well-formed document has a key. A key that is written with escapes counts
    /// as any: nobody who means well writes `token` with them.
    static func count(_ key: String, in document: [UInt8]) -> Int {
        let wanted = Array(key.utf8)
        var found = 0
        var depth = 0
        var isKey = false
        var index = 0
        while index < document.count {
            switch document[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isKey = document[index] == UInt8(ascii: "{")
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","): isKey = true
            case UInt8(ascii: ":"): isKey = false
            case UInt8(ascii: "\""):
                let start = index + 1
                var isEscaped = false
                index = start
                while index < document.count, document[index] != UInt8(ascii: "\"") {
                    if document[index] == UInt8(ascii: "\\") {
                        isEscaped = true
                        index += 1
                    }
                    index += 1
                }
                if isKey, depth == 1, isEscaped || document[start..<min(index, document.count)].elementsEqual(wanted) {
                    found += 1
                }
            default: break
            }
            index += 1
        }
        return found
    }
}
