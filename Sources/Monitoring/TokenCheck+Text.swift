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
        if let worst {
            let counts = [State.critical, .warning, .unknown].map { state in
                (state, findings.count { $0.state == state })
            }
            let bad = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
            return "\(brands), \(bad): \(worst.brand): \(Self.plain(worst.sentence))"
        }
        guard let least, let remaining = least.remaining else { return brands }
        return "\(brands), least left \(DurationText.render(remaining)) (\(least.brand))"
    }

    /// The finding with the shortest known time.
    private var least: Finding? {
        findings.filter { $0.remaining != nil }.min { ($0.remaining ?? .zero) < ($1.remaining ?? .zero) }
    }

    /// `label=value[unit];warning;critical;minimum`. The range `bound:` alerts below the bound.
    private var figures: [String] {
        var figures = ["brands=\(findings.count);;;0"]
        for state in State.allCases { figures.append("\(state)=\(findings.count { $0.state == state });;;0") }
        if let least { figures.append(Self.figure("remaining", least)) }
        if findings.count <= Self.longest {
            figures += findings.filter { $0.remaining != nil }.map { Self.figure("remaining_\($0.brand)", $0) }
        }
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
