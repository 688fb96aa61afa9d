// SPDX-License-Identifier: Apache-2.0

internal import Model

extension TokenCheck {
    /// The maximum number of brands with a line or a figure each. Monitoring systems keep only a few kilobytes.
    private static let longest = 50

    /// The output of a plugin: one line with the state and the figures, then a line for each brand that is not OK.
    /// Monitoring Plugins Development Guidelines, "Plugin Output" and "Performance data".
    package var text: String {
        guard problem == nil else { return "DOKU TOKENS UNKNOWN - \(Self.plain(problem ?? ""))\n" }
        let bad = findings.filter { $0.state != .ok }.sorted { $0.state > $1.state }
        var lines = ["DOKU TOKENS \(state.name) - \(summary(bad.first))|\(figures.joined(separator: " "))"]
        lines += bad.prefix(Self.longest).map { "\($0.state.name) \($0.brand): \(Self.plain($0.sentence))" }
        if bad.count > Self.longest { lines.append("and \(bad.count - Self.longest) more brands") }
        return lines.map { "\($0)\n" }.joined()
    }

    private func summary(_ worst: Finding?) -> String {
        guard !findings.isEmpty else { return "no brand to check" }
        let brands = findings.count == 1 ? "1 brand" : "\(findings.count) brands"
        guard let worst else {
            let least = findings.filter { $0.remaining != nil }.min {
                ($0.remaining ?? .zero) < ($1.remaining ?? .zero)
            }
            guard let least, let remaining = least.remaining else { return brands }
            return "\(brands), least left \(DurationText.render(remaining)) (\(least.brand))"
        }
        let counts = [State.critical, .warning, .unknown].compactMap { state in
            let count = findings.count { $0.state == state }
            return count > 0 ? "\(count) \(state.name.lowercased())" : nil
        }
        return "\(brands), \(counts.joined(separator: ", ")): \(worst.brand): \(Self.plain(worst.sentence))"
    }

    /// `label=value[unit];warning;critical;minimum`. The range `bound:` alerts below the bound.
    private var figures: [String] {
        var figures = ["brands=\(findings.count);;;0"]
        for state in [State.ok, .warning, .critical, .unknown] {
            figures.append("\(state.name.lowercased())=\(findings.count { $0.state == state });;;0")
        }
        let known = findings.filter { $0.remaining != nil }
        if let least = known.min(by: { ($0.remaining ?? .zero) < ($1.remaining ?? .zero) }) {
            figures.append(Self.figure("remaining", least))
        }
        if findings.count <= Self.longest { figures += known.map { Self.figure("remaining_\($0.brand)", $0) } }
        return figures
    }

    private static func figure(_ label: String, _ finding: Finding) -> String {
        let seconds = finding.remaining?.components.seconds ?? 0
        return "\(label)=\(seconds)s;\(finding.warning.components.seconds):;\(finding.critical.components.seconds):"
    }

    /// Replaces `|`, which separates the text from the figures.
    private static func plain(_ text: String) -> String {
        VisibleText.escaping(text).replacing("|", with: "!")
    }
}
