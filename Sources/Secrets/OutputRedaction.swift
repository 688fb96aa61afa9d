// SPDX-License-Identifier: Apache-2.0

package import Model
internal import Synchronization

/// Redacts the output of a program: secrets and tokens, whole, in part or encoded, and deceptive characters.
///
/// The output is short, but there may be ten thousand tokens to find. So the index has the output's pieces of eight
/// bytes. Each value is looked up in the index in steps of eight bytes. This finds every part of fifteen bytes or more.
package struct OutputRedaction {
    private static let mark = "‹redacted›"
    private static let step = 8

    private let output: [UInt8]
    /// The output for comparison: in lowercase, and with one alphabet for base64.
    private let folded: [UInt8]
    private var isHidden: [Bool]
    /// The positions of each piece of the output that is not hidden yet.
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

    /// Hides a value in every form: plain, hexadecimal, base64, percent-encoded, and with JSON's escapes.
    package mutating func hide(_ value: Span<UInt8>) {
        let plain = value.indices.map { value[$0] }
        hide(form: plain)
        hide(form: Hexadecimal.encode(plain))
        // Complete groups only (RFC 4648 §4): the last characters depend on the bytes that follow.
        for offset in 0..<min(3, plain.count) {
            let groups = plain[offset...].prefix((plain.count - offset) / 3 * 3)
            hide(form: Array(PlainBase64.encode(Array(groups)).utf8))
        }
        if plain.contains(where: { !Self.isUnreserved($0) }) {
            hide(form: plain.flatMap { Self.isUnreserved($0) ? [$0] : [UInt8(ascii: "%")] + Hexadecimal.encode([$0]) })
            hide(form: plain.flatMap { #""\/"#.utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] })
        }
    }

    private mutating func hide(form: [UInt8]) {
        let form = form.map(Self.folded)
        guard form.count >= Self.step else { return hideShort(form) }
        let last = form.count - Self.step
        for start in Array(stride(from: 0, through: last, by: Self.step)) + [last] {
            // A hidden piece does not have to be found again.
            guard let found = places.removeValue(forKey: Self.piece(of: form, at: start)) else { continue }
            for place in found { hide(place..<(place + Self.step)) }
        }
    }

    /// Hides a short value only as a whole. Values below four bytes could match by chance.
    private mutating func hideShort(_ form: [UInt8]) {
        guard form.count >= 4, form.count <= folded.count else { return }
        for place in 0...(folded.count - form.count) where folded[place..<(place + form.count)].elementsEqual(form) {
            hide(place..<(place + form.count))
        }
    }

    private mutating func hide(_ range: Range<Int>) {
        for index in range { isHidden[index] = true }
    }

    /// The output in lines, with a mark for each hidden part.
    package func text() -> String {
        var redaction = self
        redaction.hideRests()
        redaction.hideTokenShapes()
        return redaction.marked()
    }

    /// Hides the bytes next to a hidden piece, because they may be the rest of the value.
    private mutating func hideRests() {
        for indices in [Array(output.indices), output.indices.reversed()] {
            var reach = 0
            for (index, wasHidden) in zip(indices, indices.map { isHidden[$0] }) {
                reach = wasHidden ? Self.step - 1 : output[index] > 0x20 ? reach - 1 : 0
                if reach >= 0, !wasHidden, output[index] > 0x20 { isHidden[index] = true }
            }
        }
    }

    /// Hides everything that looks like a JSON Web Token. Such a token begins with base64url of `{"`.
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
        // Split by scalars, because a carriage return and a line feed are one character.
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

    /// RFC 3986 §2.3. The set includes base64url and the dots of a token.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

/// The secrets that a run has read, kept for the redaction of output.
package final class RedactionSet: Sendable {
    private let secrets = Mutex<[Secret]>([])

    package init() {}

    package func note(_ secret: Secret) { secrets.withLock { $0.append(secret) } }

    package var all: [Secret] { secrets.withLock { $0 } }
}
