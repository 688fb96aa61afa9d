// SPDX-License-Identifier: Apache-2.0

internal import Model

/// Makes what a program printed fit to be shown: without secrets and tokens, whole, in part or encoded, and without
/// characters that deceive.
///
/// What is looked for may be ten thousand tokens, and what is looked at is short: so the output's own pieces of eight
/// bytes are kept, and each value is held against them in steps of eight. That finds whatever part of a value is fifteen
/// bytes or longer.
package struct OutputRedaction {
    private static let mark = "‹redacted›"
    private static let step = 8

    private let output: [UInt8]
    /// As values are compared: without case, and in one of the two alphabets of base64.
    private let folded: [UInt8]
    private var isHidden: [Bool]
    /// Where each piece of the output stands, as long as it is not hidden.
    private var places: [UInt64: [Int]] = [:]

    package init(_ output: [UInt8]) {
        self.output = output
        folded = output.map(Self.folded)
        isHidden = Array(repeating: false, count: output.count)
        guard output.count >= Self.step else { return }
        for index in 0...(output.count - Self.step) {
            places[Self.piece(of: folded, at: index), default: []].append(index)
        }
    }

    /// Hides a value: as it is, in hexadecimal, base64, percent-encoded, and with JSON's escapes.
    package mutating func hide(_ value: Span<UInt8>) {
        var plain = [UInt8](capacity: value.count)
        for index in value.indices { plain.append(value[index]) }
        hide(form: plain)
        hide(form: plain.flatMap(Self.hexadecimal))
        for offset in 0..<3 { hide(form: Self.base64(plain.dropFirst(offset))) }
        if plain.contains(where: { !Self.isUnreserved($0) }) {
            hide(form: plain.flatMap { Self.isUnreserved($0) ? [$0] : [UInt8(ascii: "%")] + Self.hexadecimal($0) })
            hide(form: plain.flatMap { #""\/"#.utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] })
        }
    }

    private mutating func hide(form: [UInt8]) {
        let form = form.map(Self.folded)
        guard form.count >= Self.step else { return hideShort(form) }
        let last = form.count - Self.step
        for start in Array(stride(from: 0, through: last, by: Self.step)) + [last] {
            // Once hidden, a piece need not be found again.
            guard let found = places.removeValue(forKey: Self.piece(of: form, at: start)) else { continue }
            for place in found { hide(place..<(place + Self.step)) }
        }
    }

    /// A value of few bytes, as a whole; shorter ones could stand anywhere by chance.
    private mutating func hideShort(_ form: [UInt8]) {
        guard form.count >= 4, form.count <= folded.count else { return }
        for place in 0...(folded.count - form.count) where folded[place..<(place + form.count)].elementsEqual(form) {
            hide(place..<(place + form.count))
        }
    }

    private mutating func hide(_ range: Range<Int>) {
        for index in range { isHidden[index] = true }
    }

    /// The output in lines, hidden parts marked.
    package func text() -> String {
        var redaction = self
        redaction.hideRests()
        redaction.hideTokenShapes()
        return redaction.marked()
    }

    /// What stands beside a hidden piece may be the rest of the value.
    private mutating func hideRests() {
        for indices in [Array(output.indices), output.indices.reversed()] {
            var reach = 0
            for (index, wasHidden) in zip(indices, indices.map { isHidden[$0] }) {
                reach = wasHidden ? Self.step - 1 : output[index] > 0x20 ? reach - 1 : 0
                if reach >= 0, !wasHidden, output[index] > 0x20 { isHidden[index] = true }
            }
        }
    }

    /// What looks like a JSON Web Token, be it known or not: it begins with base64url of `{"`.
    private mutating func hideTokenShapes() {
        var index = 0
        while index < output.count {
            guard output[index...].starts(with: "eyJ".utf8) else {
                index += 1
                continue
            }
            let end = output[index...].firstIndex { !Self.isUnreserved($0) } ?? output.endIndex
            if end - index >= 16 { hide(index..<end) }
            index = end
        }
    }

    private func marked() -> String {
        var text = ""
        var index = 0
        while index < output.count {
            let end = (index..<output.count).first { isHidden[$0] != isHidden[index] } ?? output.count
            text += isHidden[index] ? Self.mark : String(decoding: output[index..<end], as: UTF8.self)
            index = end
        }
        // By scalars: a carriage return and a line feed are one character.
        return text.unicodeScalars.split(separator: "\n").map { VisibleText.escaping(String($0)) }
            .joined(separator: "\n")
    }

    // MARK: Forms

    private static func piece(of bytes: [UInt8], at start: Int) -> UInt64 {
        var piece: UInt64 = 0
        for index in start..<(start + step) { piece = piece << 8 | UInt64(bytes[index]) }
        return piece
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: byte
        }
    }

    /// RFC 3986 §2.3, which has all of base64url and the dots of a token.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] { [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 §4, the whole groups only: the last characters depend on what follows.
    private static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var rest = bytes
        while rest.count >= 3 {
            let group = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
            for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
            rest = rest.dropFirst(3)
        }
        return text
    }
}

extension [UInt8] {
    fileprivate init(capacity: Int) {
        self = []
        reserveCapacity(capacity)
    }
}
