// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import TokenRotation

/// What can be carried over from the metrics of an earlier run: lines of our own form, each once, and nothing else of
/// the file, since one line that is malformed costs its reader all the others.
package struct EarlierMetrics: Sendable {
    /// By family: the brand and its line, in the order of the file; the brand is empty for figures of runs.
    let lines: [String: [(brand: String, line: String)]]

    /// - Parameter keepsBrands: whether the figures of brands are read as well.
    package init(_ bytes: [UInt8], keepsBrands: Bool = true) {
        var labels: [String: [String]] = [:]
        for family in MetricsFamily<RunReport>.all { labels[family.name] = family.labels }
        if keepsBrands {
            for family in MetricsFamily<BrandOutcome>.all { labels[family.name] = ["brand"] + family.labels }
        }
        var lines: [String: [(brand: String, line: String)]] = [:]
        var known: Set<Substring> = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.first != "#" {
            let name = line.prefix { $0 != "{" && $0 != " " }
            guard let expected = labels[String(name)],
                let (values, samples) = Self.values(of: expected, in: line[name.endIndex...]),
                Self.isNumber(samples)
            else { continue }
            // One sample for each brand, though labels that tell more differ.
            let brand = expected.first == "brand" ? values[0] : ""
            let identity = expected.first == "brand" ? line[..<brand.endIndex] : line[..<samples.startIndex]
            guard known.insert(identity).inserted else { continue }
            lines[String(name), default: []].append((String(brand), String(line)))
        }
        self.lines = lines
    }

    /// Reads `{name="value",…} ` with exactly these labels, or a blank alone for none.
    /// - Returns: the values, and what follows; nil for anything else.
    private static func values(
        of labels: [String], in text: Substring
    ) -> (values: [Substring], rest: Substring)? {
        var rest = text
        var values: [Substring] = []
        func skip(_ expected: String) -> Bool {
            guard rest.hasPrefix(expected) else { return false }
            rest = rest.dropFirst(expected.count)
            return true
        }
        for (index, label) in labels.enumerated() {
            guard skip("\(index == 0 ? "{" : ",")\(label)=\"") else { return nil }
            let value = rest.prefix { $0 != "\"" }
            guard value.utf8.allSatisfy(isOrdinary) else { return nil }
            values.append(value)
            rest = rest[value.endIndex...]
            guard skip("\"") else { return nil }
        }
        guard skip(labels.isEmpty ? " " : "} ") else { return nil }
        return (values, rest)
    }

    /// A byte of the names and words that we write.
    private static func isOrdinary(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "._-".utf8.contains(byte)
    }

    /// Digits, perhaps with a sign before and a fraction behind.
    private static func isNumber(_ text: Substring) -> Bool {
        let parts = (text.first == "-" ? text.dropFirst() : text).split(
            separator: ".", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
