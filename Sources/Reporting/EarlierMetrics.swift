// SPDX-License-Identifier: Apache-2.0

internal import Model

/// The lines of an earlier run's metrics that can be kept: lines in this program's own form, each once. Everything else
/// is dropped, because one malformed line makes a reader reject the whole file.
package struct EarlierMetrics: Sendable {
    /// By family: the brand and its line, in file order; the brand is empty for metrics of runs.
    let lines: [String: [(brand: String, line: String)]]

    /// - Parameter keepsBrands: whether to read the metrics of brands as well.
    package init(_ bytes: [UInt8], keepsBrands: Bool = true) {
        var labels: [String: [String]] = [:]
        for family in MetricsFamily<RunReport>.all { labels[family.name] = family.labels }
        if keepsBrands {
            for family in MetricsFamily<BrandOutcome>.all { labels[family.name] = ["brand"] + family.labels }
        }
        var lines: [String: [(brand: String, line: String)]] = [:]
        var known: Set<[Substring]> = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.first != "#" {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            let name = words[0].prefix { $0 != "{" }
            guard words.count == 2, Self.isNumber(words[1]), let expected = labels[String(name)],
                let values = Self.values(of: expected, in: words[0].dropFirst(name.count))
            else { continue }
            // One sample for each brand, even if other labels differ.
            let isOfBrand = expected.first == "brand"
            guard known.insert([name] + (isOfBrand ? [values[0]] : values)).inserted else { continue }
            lines[String(name), default: []].append((isOfBrand ? String(values[0]) : "", String(line)))
        }
        self.lines = lines
    }

    /// The values in `{name="value",…}`; nil if these are not the labels.
    private static func values(of labels: [String], in text: Substring) -> [Substring]? {
        if labels.isEmpty { return text.isEmpty ? [] : nil }
        let pieces = text.split(separator: "\"", omittingEmptySubsequences: false)
        let expected = labels.enumerated().map { ($0 == 0 ? "{" : ",") + $1 + "=" }
        let names = stride(from: 0, to: pieces.count - 1, by: 2).map { String(pieces[$0]) }
        let values = stride(from: 1, to: pieces.count, by: 2).map { pieces[$0] }
        guard pieces.last == "}", names == expected, values.allSatisfy({ $0.utf8.allSatisfy(isOrdinary) })
        else { return nil }
        return values
    }

    /// A byte that this program uses in names and label values.
    private static func isOrdinary(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "._-".utf8.contains(byte)
    }

    /// Digits, with an optional sign and an optional fraction.
    private static func isNumber(_ text: Substring) -> Bool {
        let parts = (text.first == "-" ? text.dropFirst() : text).split(
            separator: ".", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
