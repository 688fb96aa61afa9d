// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `500ms`, `15s`, `2m`, `6h`, `1d`, and sums such as `1h30m`. In a sum each unit
/// appears at most once, the largest first.
package enum DurationText {
    /// Milliseconds in each unit, largest first.
    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// nil if the text is not a sum of whole numbers with units, or a number has more than 7 digits.
    /// A lone `0` needs no unit.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text.utf8[...]
        var milliseconds = 0
        var nextUnit = 0
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { (0x61...0x7A).contains($0) }
            rest = rest.dropFirst(letters.count)
            guard (1...7).contains(digits.count), let count = Int(String(Substring(digits))),
                let unit = units[nextUnit...].firstIndex(where: { $0.name.utf8.elementsEqual(letters) })
            else { return nil }
            milliseconds += count * units[unit].milliseconds
            nextUnit = unit + 1
        }
        return nextUnit == 0 ? nil : .milliseconds(milliseconds)
    }

    /// The unit that a word means.
    private static let words = [
        "msec": "ms", "sec": "s", "second": "s", "min": "m", "minute": "m", "hr": "h", "hour": "h", "day": "d",
    ]

    /// What a number without a unit (seconds, or else minutes), or with the long name of a unit, probably means.
    package static func guesses(_ text: String) -> [Duration] {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let word = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        if word.isEmpty { return ["s", "m"].compactMap { parse(digits + $0) } }
        let singular = word.count > 2 && word.hasSuffix("s") ? String(word.dropLast()) : word
        return [parse(digits + (words[singular] ?? word))].compactMap(\.self)
    }

    /// The shortest text that parses to the same duration, without fractions of a millisecond; `0s` for zero.
    package static func render(_ duration: Duration) -> String {
        if duration < .zero { return "-" + render(.zero - duration) }
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        var text = ""
        var rest = Int(clamping: seconds)
        for unit in units.dropLast() {
            let size = unit.milliseconds / 1000
            if rest >= size { text += "\(rest / size)\(unit.name)" }
            rest %= size
        }
        if milliseconds > 0 { text += "\(milliseconds)ms" }
        return text.isEmpty ? "0s" : text
    }
}

extension Duration {
    /// Milliseconds, the rest cut off.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
