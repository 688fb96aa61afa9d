// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A metric with its help text and, for a report, its samples. All metrics are gauges.
///
/// Times are in seconds since 1970 and durations in seconds, as Prometheus recommends.
struct MetricsFamily<Subject>: Sendable {
    /// A value with its labels.
    typealias Sample = (labels: [(name: String, value: String)], value: String)

    let name: String
    let help: String
    /// The labels of its samples, without `brand`.
    var labels: [String] = []
    /// Whether earlier samples stay if there are no new ones. For a brand: if some of its outputs could not be read.
    var isKept = false
    let samples: @Sendable (Subject) -> [Sample]

    /// `# HELP`, `# TYPE` and the lines of samples, each with a line end; empty if there are no samples.
    func text(_ lines: String) -> String {
        lines.isEmpty ? "" : "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(lines)"
    }

    /// The line of one sample, with its line end.
    func line(_ sample: Sample, of brand: String? = nil) -> String {
        var labels = brand.map { "brand=\"\($0)\"" } ?? ""
        for (name, value) in sample.labels { labels += "\(labels.isEmpty ? "" : ",")\(name)=\"\(value)\"" }
        return labels.isEmpty ? "\(name) \(sample.value)\n" : "\(name){\(labels)} \(sample.value)\n"
    }
}

extension MetricsFamily {
    /// A metric with at most one sample.
    private static func one(
        _ name: String, _ help: String, isKept: Bool = false, _ value: @escaping @Sendable (Subject) -> String?
    ) -> Self {
        Self(name: name, help: help, isKept: isKept) { subject in value(subject).map { [([], $0)] } ?? [] }
    }
}

extension MetricsFamily where Subject == BrandOutcome {
    static let all = [
        one("doku_token_expiry_timestamp_seconds", "When the brand's published token expires.", isKept: true) {
            $0.expiresAt.map { "\($0.seconds)" }
        },
        one("doku_token_issued_timestamp_seconds", "When the brand's published token was issued.", isKept: true) {
            $0.issuedAt.map { "\($0.seconds)" }
        },
        one(
            "doku_token_published", "Whether every output of the brand holds a token that has not expired.",
            isKept: true
        ) {
            $0.health == .unusable ? "0" : "1"
        },
        one("doku_token_failed", "Whether the last run failed for the brand.") { $0.failure == nil ? "0" : "1" },
        Self(
            name: "doku_token_outcome_info",
            help: "The brand's outcome in the last run, and the failure's code.", labels: ["outcome", "code"]
        ) { outcome in
            [([("outcome", outcome.kind.rawValue), ("code", outcome.failure?.code.text ?? "")], "1")]
        },
        one("doku_token_attempts", "Requests that the last run sent for the brand.") { "\($0.attempts)" },
        one("doku_token_duration_seconds", "Time that the last run spent on the brand.") {
            seconds($0.duration)
        },
    ]
}

extension MetricsFamily where Subject == RunReport {
    static let all = [
        one("doku_rotator_last_run_timestamp_seconds", "When the last run ended.") { "\($0.endedAt.seconds)" },
        one(
            "doku_rotator_last_success_timestamp_seconds",
            "When the last successful run ended.", isKept: true
        ) { $0.exitStatus == .success ? "\($0.endedAt.seconds)" : nil },
        one("doku_rotator_last_run_duration_seconds", "How long the last run took.") { seconds($0.duration) },
        one("doku_rotator_last_run_exit_code", "The exit status of the last run.") { "\($0.exitStatus.rawValue)" },
        one(
            "doku_rotator_run_every_seconds", "How often the scheduler starts a run, by the configuration.",
            isKept: true
        ) { $0.runEvery.map(seconds) },
        one(
            "doku_rotator_clock_offset_seconds", "Seconds to add to this host's clock to get the endpoint's time."
        ) { $0.clockOffset.map { "\($0.components.seconds)" } },
        Self(
            name: "doku_rotator_brands", help: "Brands of the last run by outcome.", labels: ["outcome"]
        ) { report in
            guard report.coverage != .nothing else { return [] }
            let counts = Dictionary(grouping: report.outcomes, by: \.kind).mapValues(\.count)
            return BrandOutcome.Kind.allCases.filter { $0 != .due }.map { kind in
                ([("outcome", kind.rawValue)], "\(counts[kind] ?? 0)")
            }
        },
    ]
}

/// Seconds, with milliseconds as the fraction.
private func seconds(_ duration: Duration) -> String {
    let (whole, milliseconds) = duration.wholeMilliseconds.quotientAndRemainder(dividingBy: 1000)
    guard milliseconds != 0 else { return "\(whole)" }
    let digits = "\(milliseconds)"
    return "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
}
