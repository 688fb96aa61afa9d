// SPDX-License-Identifier: Apache-2.0

package import Model
internal import TokenRotation

/// A run's figures in the text format of Prometheus, version 0.0.4.
///
/// What a run did not look at is carried over from the file of the run before: a token's end is as true as it was, and
/// an alert about it must not fall silent because of a broken configuration. A run over brands that somebody chose
/// changes their figures alone, and nothing that is said of the scheduler's runs.
package enum MetricsText {
    /// Who gets it.
    package enum Receiver: Sendable, Equatable {
        /// Knows what this text says and no more.
        case file
        /// Keeps what it has of every name that does not come, and forgets all of a name that comes.
        case gateway(withBrands: Bool)
    }

    /// How every text begins.
    static let beginning = "# HELP doku_"

    /// - Parameter earlier: what stood in the file before; nil where there was none.
    package static func render(
        _ report: RunReport, earlier: EarlierMetrics?, for receiver: Receiver = .file
    ) -> String {
        var text = ""
        if receiver != .gateway(withBrands: false) { writeBrands(report, earlier, receiver, to: &text) }
        for family in MetricsFamily<RunReport>.all {
            var lines = ""
            if report.speaksForAll { for sample in family.samples(report) { lines += family.line(sample) } }
            if lines.isEmpty, family.isLasting || !report.speaksForAll {
                for (_, line) in earlier?.lines[family.name] ?? [] { lines += line + "\n" }
            }
            text += family.text(lines)
        }
        let build = MetricsFamily<Void>(name: "doku_rotator_build_info", help: "The program's version.") { _ in
            [([("version", ProgramVersion.text)], "1")]
        }
        for sample in build.samples(()) { text += build.text(build.line(sample)) }
        return text
    }

    private static func writeBrands(
        _ report: RunReport, _ earlier: EarlierMetrics?, _ receiver: Receiver, to text: inout String
    ) {
        let hidden = Set(report.outcomes.lazy.filter(\.isHidden).map(\.name))
        for family in MetricsFamily<BrandOutcome>.all {
            var lines = ""
            for outcome in report.outcomes {
                for sample in family.samples(outcome) { lines += family.line(sample, of: outcome.name) }
            }
            for (brand, line) in earlier?.lines[family.name] ?? [] {
                let isKept =
                    switch report.coverage {
                    case .whole: false
                    case .allBut(let brands): brands.contains(brand)
                    case .nothing: true
                    }
                if isKept || (family.isLasting && hidden.contains(brand)) { lines += line + "\n" }
            }
            if lines.isEmpty, receiver != .file {
                // No brand has a token any more: a gateway would go on telling of those that there were.
                for outcome in report.outcomes where !outcome.isHidden {
                    lines += family.line(([], "0"), of: outcome.name)
                }
            }
            text += family.text(lines)
        }
    }
}
