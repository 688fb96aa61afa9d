// SPDX-License-Identifier: Apache-2.0

package import TokenRotation

/// A run's figures in the text format of Prometheus, version 0.0.4.
///
/// Times are seconds since 1970 and durations seconds, by Prometheus's conventions for names and units. What a run
/// did not look at is carried over from the file of the run before: a token's end is as true as it was, and an alert
/// about it must not fall silent because of a broken configuration.
package enum MetricsText {
    /// One name with its help and, for the figures of brands, what an outcome gives for it.
    private struct Family {
        let name: String
        let help: String
    }

    private static let brandFamilies:
        [(family: Family, sample: @Sendable (BrandOutcome) -> (labels: String, value: String)?)] = [
            (
                Family(name: "doku_token_expiry_timestamp_seconds", help: "When the brand's published token ends."),
                { outcome in outcome.expiresAt.map { ("", "\($0.seconds)") } }
            ),
            (
                Family(
                    name: "doku_token_issued_timestamp_seconds", help: "When the brand's published token was issued."),
                { outcome in outcome.issuedAt.map { ("", "\($0.seconds)") } }
            ),
            (
                Family(
                    name: "doku_token_published",
                    help: "Whether a token that has not ended stands in every file of the brand."),
                { outcome in ("", outcome.health == .dead ? "0" : "1") }
            ),
            (
                Family(name: "doku_token_failed", help: "Whether the last run failed for the brand."),
                { outcome in ("", outcome.failure == nil ? "0" : "1") }
            ),
            (
                Family(
                    name: "doku_token_outcome_info",
                    help: "What became of the brand in the last run, and the failure's code."),
                { outcome in
                    (",outcome=\"\(outcome.kind.rawValue)\",code=\"\(outcome.failure?.code.rawValue ?? "")\"", "1")
                }
            ),
            (
                Family(name: "doku_token_attempts", help: "Requests that the last run sent for the brand."),
                { outcome in ("", "\(outcome.attempts)") }
            ),
            (
                Family(name: "doku_token_duration_seconds", help: "Time that the last run spent on the brand."),
                { outcome in ("", seconds(outcome.duration)) }
            ),
        ]

    /// The names of all figures that a brand may have.
    static let brandFamilyNames = brandFamilies.map(\.family.name)
    static let runEvery = "doku_rotator_run_every_seconds"
    static let lastSuccess = "doku_rotator_last_success_timestamp_seconds"

    /// - Parameters:
    ///   - earlier: what stood in the file before; nil where there was none.
    ///   - withBrands: without, the figures of brands are left out, for a receiver that keeps the ones it has.
    package static func render(_ report: RunReport, earlier: EarlierMetrics?, withBrands: Bool = true) -> String {
        var text = ""
        if withBrands { writeBrands(report, earlier, to: &text) }
        writeRun(report, earlier, to: &text)
        return text
    }

    private static func writeBrands(_ report: RunReport, _ earlier: EarlierMetrics?, to text: inout String) {
        for (family, sample) in brandFamilies {
            var samples = ""
            for outcome in report.outcomes {
                guard let (labels, value) = sample(outcome) else { continue }
                samples += "\(family.name){brand=\"\(outcome.name)\"\(labels)} \(value)\n"
            }
            for (brand, line) in earlier?.lines[family.name] ?? [] {
                let isKept =
                    switch report.coverage {
                    case .whole: false
                    case .allBut(let brands): brands.contains(brand)
                    case .nothing: true
                    }
                if isKept { samples += line + "\n" }
            }
            if !samples.isEmpty { write(family, samples, to: &text) }
        }
    }

    private static func writeRun(_ report: RunReport, _ earlier: EarlierMetrics?, to text: inout String) {
        func write(_ name: String, _ help: String, _ value: String) {
            self.write(Family(name: name, help: help), "\(name) \(value)\n", to: &text)
        }
        write("doku_rotator_last_run_timestamp_seconds", "When the last run ended.", "\(report.endedAt.seconds)")
        if let success = report.exitStatus == .success ? report.endedAt.seconds : earlier?.lastSuccess {
            write(lastSuccess, "When the last run ended after which every token outlived the next.", "\(success)")
        }
        write("doku_rotator_last_run_duration_seconds", "How long the last run took.", seconds(report.duration))
        write("doku_rotator_last_run_exit_code", "The exit status of the last run.", "\(report.exitStatus.rawValue)")
        if let runEvery = report.runEvery.map(seconds) ?? earlier?.runEvery {
            write(self.runEvery, "How often the scheduler starts a run, by the configuration.", runEvery)
        }
        if let offset = report.clockOffset {
            write(
                "doku_rotator_clock_offset_seconds", "What must be added to this host's clock to get the endpoint's.",
                "\(offset.components.seconds)")
        }
        if report.coverage != .nothing {
            let name = "doku_rotator_brands"
            let counts = Dictionary(grouping: report.outcomes, by: \.kind).mapValues(\.count)
            let samples = BrandOutcome.Kind.allCases.filter { $0 != .due }.map { kind in
                "\(name){outcome=\"\(kind.rawValue)\"} \(counts[kind] ?? 0)\n"
            }
            self.write(
                Family(name: name, help: "Brands of the last run by what became of them."), samples.joined(), to: &text)
        }
        let name = "doku_rotator_build_info"
        self.write(
            Family(name: name, help: "The program's version."), "\(name){version=\"\(ProgramVersion.text)\"} 1\n",
            to: &text)
    }

    /// How every text begins.
    static let beginning = "# HELP doku_"

    private static func write(_ family: Family, _ samples: String, to text: inout String) {
        text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n\(samples)"
    }

    /// Seconds with milliseconds.
    private static func seconds(_ duration: Duration) -> String {
        let (whole, milliseconds) = duration.wholeMilliseconds.quotientAndRemainder(dividingBy: 1000)
        guard milliseconds != 0 else { return "\(whole)" }
        let digits = "\(milliseconds)"
        return "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
