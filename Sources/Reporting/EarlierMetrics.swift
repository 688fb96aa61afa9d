// SPDX-License-Identifier: Apache-2.0

/// What can be carried over from the metrics of an earlier run: lines of our own form, and nothing else of the file.
package struct EarlierMetrics: Sendable {
    /// When the last good run ended, in seconds since 1970.
    let lastSuccess: Int64?
    /// How often the scheduler starts a run, in seconds and to the letter.
    let runEvery: String?
    /// By family: the brand and its line, in the order of the file.
    let lines: [String: [(brand: String, line: String)]]

    /// - Parameter keepsBrands: whether the figures of brands are read as well.
    package init(_ bytes: [UInt8], keepsBrands: Bool = true) {
        var lastSuccess: Int64?
        var runEvery: String?
        var lines: [String: [(brand: String, line: String)]] = [:]
        let families = Set(MetricsText.brandFamilyNames)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.first != "#" {
            if line.hasPrefix(MetricsText.lastSuccess + " ") {
                lastSuccess = Int64(line.dropFirst(MetricsText.lastSuccess.count + 1))
            } else if line.hasPrefix(MetricsText.runEvery + " ") {
                let value = line.dropFirst(MetricsText.runEvery.count + 1)
                if Self.isNumber(value) { runEvery = String(value) }
            } else if keepsBrands, let brace = line.utf8.firstIndex(of: UInt8(ascii: "{")),
                families.contains(String(line[..<brace])),
                let brand = Self.brand(of: line[brace...])
            {
                lines[String(line[..<brace]), default: []].append((brand, String(line)))
            }
        }
        self.lastSuccess = lastSuccess
        self.runEvery = runEvery
        self.lines = lines
    }

    /// The brand of `{brand="…",…} VALUE`; nil where the labels or the value are not as we write them.
    private static func brand(of rest: Substring) -> String? {
        let opening = "{brand=\""
        guard rest.hasPrefix(opening), let space = rest.lastIndex(of: " "), rest[..<space].hasSuffix("}") else {
            return nil
        }
        let labels = rest[..<space].dropFirst(opening.count).dropLast()
        let value = rest[space...].dropFirst()
        guard let quote = labels.firstIndex(of: "\""), isNumber(value),
            labels.utf8.allSatisfy({ byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "\"=,._-".utf8.contains(byte)
            })
        else { return nil }
        return String(labels[..<quote])
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
    }
}
