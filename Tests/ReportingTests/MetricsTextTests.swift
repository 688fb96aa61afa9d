// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Reporting

@Suite struct MetricsTextTests {
    private static let now = Timestamp(seconds: 1_795_339_800)

    private static func outcome(_ name: String, _ kind: BrandOutcome.Kind = .rotated) -> BrandOutcome {
        var outcome = BrandOutcome(name: name, clientID: "BRN-1", kind: kind, health: .outlivesNextRun)
        outcome.issuedAt = now
        outcome.expiresAt = now.advanced(by: .seconds(21_600))
        outcome.attempts = 1
        outcome.duration = .milliseconds(1042)
        return outcome
    }

    private static func failed(_ name: String, at end: Int64?) -> BrandOutcome {
        var outcome = BrandOutcome(
            name: name, clientID: "BRN-2", kind: .failed, health: end == nil ? .unusable : .outlivesNextRun)
        outcome.expiresAt = end.map { Timestamp(seconds: $0) }
        outcome.failure = BrandFailure(.credentialsRejected, "no")
        outcome.attempts = 1
        return outcome
    }

    private static func report(
        _ status: Model.ExitStatus, _ outcomes: [BrandOutcome] = [], _ coverage: RunReport.Coverage = .whole
    ) -> RunReport {
        var report = RunReport(
            runID: "run", startedAt: now, endedAt: now, exitStatus: status, outcomes: outcomes)
        report.duration = .milliseconds(1500)
        report.coverage = coverage
        report.runEvery = .seconds(900)
        return report
    }

    private static func lines(_ text: String) -> Set<Substring> { Set(text.split(separator: "\n")) }

    @Test("A successful run reports each brand's times and outcome, and its own success")
    func good() {
        let lines = Self.lines(MetricsText.render(Self.report(.success, [Self.outcome("kopi")]), earlier: nil))
        for line: Substring in [
            "# TYPE doku_token_expiry_timestamp_seconds gauge",
            "doku_token_expiry_timestamp_seconds{brand=\"kopi\"} 1795361400",
            "doku_token_issued_timestamp_seconds{brand=\"kopi\"} 1795339800",
            "doku_token_published{brand=\"kopi\"} 1",
            "doku_token_failed{brand=\"kopi\"} 0",
            "doku_token_outcome_info{brand=\"kopi\",outcome=\"rotated\",code=\"\"} 1",
            "doku_token_attempts{brand=\"kopi\"} 1",
            "doku_token_duration_seconds{brand=\"kopi\"} 1.042",
            "doku_rotator_last_run_timestamp_seconds 1795339800",
            "doku_rotator_last_success_timestamp_seconds 1795339800",
            "doku_rotator_last_run_duration_seconds 1.500",
            "doku_rotator_last_run_exit_code 0",
            "doku_rotator_run_every_seconds 900",
            "doku_rotator_brands{outcome=\"rotated\"} 1",
            "doku_rotator_brands{outcome=\"failed\"} 0",
            "doku_rotator_build_info{version=\"\(Substring(ProgramVersion.text))\"} 1",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test("A run that fails keeps the time of the last success")
    func lastSuccess() {
        let before = MetricsText.render(Self.report(.success), earlier: nil)
        let after = MetricsText.render(
            Self.report(.permanentNoToken, [Self.failed("kopi", at: nil)]), earlier: EarlierMetrics(Array(before.utf8)))
        let lines = Self.lines(after)
        #expect(lines.contains("doku_rotator_last_success_timestamp_seconds 1795339800"))
        #expect(lines.contains("doku_rotator_last_run_exit_code 22"))
        #expect(lines.contains("doku_token_published{brand=\"kopi\"} 0"))
        #expect(lines.contains("doku_token_failed{brand=\"kopi\"} 1"))
        #expect(
            lines.contains("doku_token_outcome_info{brand=\"kopi\",outcome=\"failed\",code=\"credentials-rejected\"} 1")
        )
        #expect(!after.contains("doku_token_expiry_timestamp_seconds{"))
    }

    @Test("Without an earlier success, none is reported")
    func noSuccess() {
        #expect(!MetricsText.render(Self.report(.transient), earlier: nil).contains("last_success"))
    }

    @Test("A run that examined no brand keeps their earlier metrics unchanged")
    func nothingLookedAt() {
        let before = MetricsText.render(
            Self.report(.permanent, [Self.outcome("kopi"), Self.failed("teh", at: 1_795_340_000)]), earlier: nil)
        let after = MetricsText.render(
            Self.report(.configuration, [], .nothing), earlier: EarlierMetrics(Array(before.utf8)))
        let brands = before.split(separator: "\n").filter { $0.contains("{brand=") }
        #expect(brands.count == 13)
        #expect(after.split(separator: "\n").filter { $0.contains("{brand=") } == brands)
        #expect(after.contains("doku_rotator_last_run_exit_code 78"))
    }

    @Test("A run over some brands keeps the metrics of the others, and drops brands that are no longer configured")
    func someBrands() {
        let before = MetricsText.render(
            Self.report(.success, ["gone", "kopi", "teh"].map { Self.outcome($0) }), earlier: nil)
        let after = MetricsText.render(
            Self.report(.success, [Self.outcome("kopi", .fresh)], .allBut(["teh"])),
            earlier: EarlierMetrics(Array(before.utf8)))
        #expect(!after.contains("\"gone\""))
        #expect(after.contains("doku_token_outcome_info{brand=\"teh\",outcome=\"rotated\""))
        #expect(after.contains("doku_token_outcome_info{brand=\"kopi\",outcome=\"fresh\""))
        #expect(!after.contains("doku_token_outcome_info{brand=\"kopi\",outcome=\"rotated\""))
    }

    @Test(
        "Nothing is kept from a file of another program",
        arguments: [
            "doku_token_failed{brand=\"a\\\"b\"} 1", "doku_token_failed{brand=\"kopi\"} 1 1795339800",
            "doku_token_failed{brand=\"kopi\"}", "doku_token_failed{brand=\"kopi\"} NaN",
            "doku_token_failed{other=\"kopi\"} 1", "node_cpu_seconds_total{brand=\"kopi\"} 1", "doku_token_failed{",
            "doku_token_failed{brand=\"kopi\"} 1.2.3", "doku_token_failed{brand=\"kopi\"} .",
            "doku_token_failed{brand=\"kopi\"} -",
            "doku_token_failed{brand=\"kopi\",brand=\"teh\"} 1", "doku_token_failed{brand=\"kopi\",le=\"1\"} 1",
            "doku_token_outcome_info{brand=\"kopi\"} 1", "doku_token_failed {brand=\"kopi\"} 1",
            "doku_token_failed{brand=\"kopi\",} 1", "doku_token_failed{brand=\"kopi\"}  1",
            "doku_token_failed{brand=\"kopi\u{1b}\"} 1", "\u{0}", "doku_rotator_last_success_timestamp_seconds 1e9",
            "doku_rotator_last_success_timestamp_seconds ",
        ])
    func notOurs(line: String) {
        let after = MetricsText.render(
            Self.report(.configuration, [], .nothing), earlier: EarlierMetrics(Array((line + "\n").utf8)))
        #expect(!after.contains("{brand="))
        #expect(!after.contains("last_success"))
    }

    @Test("For a gateway that keeps its metrics, brands are left out")
    func withoutBrands() {
        let text = MetricsText.render(
            Self.report(.success, [Self.outcome("kopi")]), earlier: nil, for: .gateway(withBrands: false))
        #expect(!text.contains("doku_token_"))
        #expect(text.contains("doku_rotator_last_run_exit_code 0"))
    }

    @Test("A line that is twice in the file is kept once")
    func twice() {
        let line = "doku_token_failed{brand=\"kopi\"}"
        let info = "doku_token_outcome_info{brand=\"kopi\",outcome=\"failed\",code="
        let earlier = EarlierMetrics(
            Array("\(line) 1\n\(line) 0\n\(info)\"timed-out\"} 1\n\(info)\"internal\"} 1\n".utf8))
        let after = MetricsText.render(Self.report(.configuration, [], .nothing), earlier: earlier)
        #expect(
            after.split(separator: "\n").filter { $0.contains("{brand=") } == ["\(line) 1", "\(info)\"timed-out\"} 1"])
    }

    @Test("A run over chosen brands keeps the metrics of runs unchanged")
    func chosenBrands() {
        var before = Self.report(.permanent, [Self.outcome("kopi"), Self.failed("teh", at: 1_795_340_000)])
        before.clockOffset = .seconds(-12)
        let written = MetricsText.render(before, earlier: nil)
        var report = Self.report(.success, [Self.outcome("kopi", .fresh)], .allBut(["teh"]))
        report.coversAllBrands = false
        let after = MetricsText.render(report, earlier: EarlierMetrics(Array(written.utf8)))
        func ofRuns(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { $0.contains("doku_rotator_") }
        }
        #expect(ofRuns(after) == ofRuns(written))
        #expect(after.contains("doku_rotator_clock_offset_seconds -12\n"))
        #expect(after.contains("doku_token_failed{brand=\"teh\"} 1"))
        #expect(after.contains("outcome=\"fresh\""))
    }

    @Test("A gateway gets zeros if no brand has a token any more")
    func goneTokens() {
        let report = Self.report(.permanentNoToken, [Self.failed("kopi", at: nil), Self.failed("teh", at: nil)])
        let pushed = MetricsText.render(report, earlier: nil, for: .gateway(withBrands: true))
        for brand in ["kopi", "teh"] {
            #expect(pushed.contains("doku_token_expiry_timestamp_seconds{brand=\"\(brand)\"} 0\n"))
            #expect(pushed.contains("doku_token_issued_timestamp_seconds{brand=\"\(brand)\"} 0\n"))
        }
        let some = Self.report(.permanentNoToken, [Self.failed("kopi", at: nil), Self.outcome("teh")])
        #expect(
            !MetricsText.render(some, earlier: nil, for: .gateway(withBrands: true)).contains(
                "doku_token_expiry_timestamp_seconds{brand=\"kopi\"}"))
    }
}
