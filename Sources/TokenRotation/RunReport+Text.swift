// SPDX-License-Identifier: Apache-2.0

extension RunReport {
    /// The outcomes in columns, at most `width` wide, then the failures in full.
    package func table(width: Int, isColoured: Bool = false) -> String {
        let rows =
            [["BRAND", "OUTCOME", "EXPIRES IN", "TRIES", "FILES"]]
            + outcomes.map(cells)
        var text = TextTable.render(rows, width: width, styles: isColoured ? outcomes.map(\.style) : [])
        for outcome in outcomes {
            if let reason = outcome.reasonWords, outcome.kind == .due { text += "\(outcome.name): due: \(reason)\n" }
        }
        for warning in warnings { text += "warning: \(warning)\n" }
        for failure in failures {
            let parts = [failure.brand, failure.code?.rawValue, failure.message].compactMap { $0 }
            text += parts.joined(separator: ": ") + "\n"
        }
        return text
    }

    private func cells(_ outcome: BrandOutcome) -> [String] {
        let left = outcome.expiresAt.map { DurationText.render(max(.zero, $0.since(endedAt))) }
        let files = outcome.outputs.map(\.path).joined(separator: " ")
        return [outcome.name, outcome.kind.rawValue, left ?? "-", "\(outcome.attempts)", files]
    }
}
