// SPDX-License-Identifier: Apache-2.0

/// base64 (RFC 4648) of short texts, without a detour over `Data`, which takes some ten times longer.
package enum PlainBase64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// By letter: the six bits that it stands for, in the standard alphabet (§4) and in that for URLs (§5); 0xff for what
    /// is no letter of either.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    /// The standard alphabet, padded.
    package static func encode(_ bytes: [UInt8]) -> String {
        let letters = letters
        let bytes = bytes.span
        let text = [UInt8](capacity: (bytes.count + 2) / 3 * 4) { text in
            var index = 0
            while index < bytes.count {
                let rest = bytes.count - index
                let group =
                    UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                    | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
                text.append(letters[Int(group >> 18)])
                text.append(letters[Int(group >> 12 & 63)])
                text.append(rest > 1 ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "="))
                text.append(rest > 2 ? letters[Int(group & 63)] : UInt8(ascii: "="))
                index += 3
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text in either alphabet, unpadded and written as any encoder writes it; nil for any other, of which
    /// decoders think differently.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let values = values
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        // More than six bits wide as soon as one letter is none.
        var seen: UInt8 = 0
        // What the letters behind the last whole group say.
        var last: UInt32 = 0
        let bytes = [UInt8](capacity: text.count * 3 / 4) { bytes in
            var index = 0
            while index + 4 <= text.count {
                let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
                let (c, d) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
                seen |= a | b | c | d
                bytes.append(a << 2 | b >> 4)
                bytes.append(b << 4 | c >> 2)
                bytes.append(c << 6 | d)
                index += 4
            }
            while index < text.count {
                let value = values[Int(text[index])]
                seen |= value
                last = last << 6 | UInt32(value)
                index += 1
            }
            if rest > 1 { bytes.append(UInt8(truncatingIfNeeded: last >> (rest == 2 ? 4 : 10))) }
            if rest > 2 { bytes.append(UInt8(truncatingIfNeeded: last >> 2)) }
        }
        // What the last letter says beyond the last byte.
        let surplus: UInt32 = rest == 2 ? 0xf : rest == 3 ? 0x3 : 0
        return seen < 64 && last & surplus == 0 ? bytes : nil
    }
}
