// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A run's metrics in the Prometheus text format, version 0.0.4.
///
/// Metrics that a run did not examine are kept from the earlier file. A token's expiry time is still true, and an alert
/// about it must not fall silent because a configuration is invalid. A run over chosen brands changes only their
/// metrics, and nothing about the scheduler's runs.
package enum MetricsText {
    /// The receiver of the text.
    package enum Receiver: Sendable, Equatable {
        /// Contains only what this text says.
        case file
        /// Keeps the metrics whose names are not sent, and replaces all samples of those that are.
        case gateway(withBrands: Bool)
    }

    /// The beginning of every text.
    static let beginning = "# HELP doku_"

    /// - Parameter earlier: the metrics that were in the file; nil if there was no file.
    package static func render(
        _ report: RunReport, earlier: EarlierMetrics?, for receiver: Receiver = .file
    ) -> String {
        var text = ""
        if receiver != .gateway(withBrands: false) { writeBrands(report, earlier, receiver, to: &text) }
        for family in MetricsFamily<RunReport>.all {
            var lines = ""
            if report.coversAllBrands { for sample in family.samples(report) { lines += family.line(sample) } }
            if lines.isEmpty, family.isKept || !report.coversAllBrands {
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
        let hidden = Set(report.outcomes.lazy.filter(\.hasUnreadableOutputs).map(\.name))
        for family in MetricsFamily<BrandOutcome>.all {
            var lines = ""
            for outcome in report.outcomes where !(family.isKept && outcome.hasUnreadableOutputs) {
                for sample in family.samples(outcome) { lines += family.line(sample, of: outcome.name) }
            }
            for (brand, line) in earlier?.lines[family.name] ?? [] {
                let isUnexamined =
                    switch report.coverage {
                    case .whole: false
                    case .allBut(let brands): brands.contains(brand)
                    case .nothing: true
                    }
                if isUnexamined || (family.isKept && hidden.contains(brand)) { lines += line + "\n" }
            }
            if lines.isEmpty, receiver != .file {
                // No brand has a token any more. A gateway would otherwise keep the old samples.
                for outcome in report.outcomes where !outcome.hasUnreadableOutputs {
                    lines += family.line(([], "0"), of: outcome.name)
                }
            }
            text += family.text(lines)
        }
    }
}
