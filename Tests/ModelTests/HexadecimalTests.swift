// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@Suite struct HexadecimalTests {
    /// RFC 4648 §10, in lowercase.
    @Test(arguments: [("", ""), ("f", "66"), ("fo", "666f"), ("foobar", "666f6f626172")])
    func `the digits of the RFC are written`(text: String, expected: String) {
        #expect(Hexadecimal.encode(Array(text.utf8)) == Array(expected.utf8))
    }

    @Test func `every byte has two digits`() {
        let text = String(decoding: Hexadecimal.encode(Array(0...255)), as: UTF8.self)
        #expect(text.count == 512)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
    }
}
