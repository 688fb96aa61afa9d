// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `500ms`, `15s`, `2m`, `6h`, `1d`, and sums from the largest unit to the
/// smallest, each at most once (`1h30m`).
package enum DurationText {
    /// Milliseconds in each unit, largest first.
    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// nil for anything else than a sum of whole numbers with units, and above a million of a unit.
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

    /// The shortest text that parses to the same duration; what is below a millisecond is dropped. `0s` for nothing.
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
