// SPDX-License-Identifier: Apache-2.0

extension RunReport {
    /// One line for each problem of the run, each brand and each hook that is not as it should be; none where all is well.
    package var failureLines: [String] {
        problems
            + outcomes.compactMap { outcome in
                outcome.failure.map { "\(outcome.name): \($0.code.rawValue): \($0.message)" }
            } + hooks.compactMap(\.failureLine)
    }

    /// The outcomes in columns, at most `width` wide, then the failures in full.
    package func table(width: Int, isColoured: Bool = false) -> String {
        let rows =
            [["BRAND", "OUTCOME", "EXPIRES IN", "TRIES", "FILES"]]
            + outcomes.map(cells)
        var text = TextTable.render(rows, width: width, styles: isColoured ? outcomes.map(\.style) : [])
        for outcome in outcomes {
            if let reason = outcome.reasonWords, outcome.kind == .due { text += "\(outcome.name): due: \(reason)\n" }
        }
        for line in warnings.map({ "warning: \($0)" }) + failureLines { text += line + "\n" }
        return text
    }

    private func cells(_ outcome: BrandOutcome) -> [String] {
        let left = outcome.expiresAt.map { DurationText.render(max(.zero, $0.since(endedAt))) }
        let files = outcome.outputs.map(\.path).joined(separator: " ")
        return [outcome.name, outcome.kind.rawValue, left ?? "-", "\(outcome.attempts)", files]
    }
}
