// SPDX-License-Identifier: Apache-2.0

package import Model

/// Everything that one run reports, however it ended.
package struct RunReport: Sendable {
    /// Random; identifies the run.
    package let runID: String
    package let startedAt: Timestamp
    package var endedAt: Timestamp
    package var duration: Duration = .zero
    package var exitStatus: ExitStatus
    /// In the order of the configuration.
    package var outcomes: [BrandOutcome]
    /// The hooks that concern a brand of the run, in the order of the configuration.
    package var hooks: [HookOutcome] = []
    /// What the run was about, and its problems as a whole: an invalid configuration, a lock that is held.
    package var head: DocumentHead
    /// What works, but is less safe than it should be, such as a secret that others may read.
    package var warnings: [String] = []
    /// The offset from this host's clock to the endpoint's; nil if no response had a date.
    package var clockOffset: Duration?
    /// The report's receivers; empty if no configuration could be read.
    package var destinations = ReportDestinations()
    /// How often the scheduler starts a run; nil if no configuration could be read.
    package var runEvery: Duration?
    package var coverage = Coverage.nothing
    /// Whether it reports on the scheduler's runs. A run over chosen brands does not, unless they are all brands: its
    /// success says nothing about the other brands.
    package var coversAllBrands = true
    /// What the exit status describes.
    package var examination = ExitStatus.Examination.run
    /// Whether another run of this configuration holds the lock and reports for both.
    package var lostLock = false

    /// The part of the configuration that ``outcomes`` cover.
    package enum Coverage: Sendable, Equatable {
        case whole
        /// Without these brands, which the run was not asked to process.
        case allBut(Set<String>)
        /// The run ended before it looked at any brand.
        case nothing
    }

    package init(
        runID: String, startedAt: Timestamp, endedAt: Timestamp, exitStatus: ExitStatus,
        outcomes: [BrandOutcome] = [], problems: [Problem] = []
    ) {
        self.runID = runID
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitStatus = exitStatus
        self.outcomes = outcomes
        head = DocumentHead("rotate")
        head.problems = problems
    }

    /// Something that failed: the run as a whole, a brand, or a hook.
    package struct Failure: Sendable {
        /// nil if it concerns no brand.
        package var brand: String?
        /// nil if it concerns no hook.
        package var hook: String?
        /// One stable word; nil if there is none.
        package var code: String?
        package let message: String

        /// One line. The message of a hook or of the run names what failed by itself.
        package var line: String {
            brand.map { [$0, code, message].compactMap(\.self).joined(separator: ": ") } ?? message
        }
    }

    /// Empty if nothing failed.
    package var failures: [Failure] {
        head.problems.map { Failure(code: problemCode, message: $0.text) }
            + outcomes.compactMap { outcome in
                outcome.failure.map { Failure(brand: outcome.name, code: $0.code.text, message: $0.message) }
            }
            + hooks.compactMap { hook in
                hook.failureLine.map { Failure(hook: hook.name, code: "hook-\(hook.result.rawValue)", message: $0) }
            }
    }

    private var problemCode: String? {
        switch exitStatus {
        case .usage: "command-line"
        case .configuration: "configuration"
        case .lockHeld: "lock-held"
        case .internal: "internal"
        default: nil
        }
    }
}

// MARK: - The JSON document

extension RunReport {
    /// Writes the report as one JSON document with a line end, in pieces of at most one brand. A long report is never
    /// in memory as a whole.
    package func writeJSON(to write: (String) -> Void) {
        var head = head
        head.isDryRun = examination == .plan
        JSONText.writeDocument(
            head, exit: (exitStatus.rawValue, exitStatus.meaning(of: examination)),
            [
                "run_id": runID, "started_at": startedAt, "ended_at": endedAt,
                "duration_ms": duration.wholeMilliseconds, "warnings": warnings,
                "clock_offset_seconds": clockOffset?.components.seconds,
            ], lists: ["brands": outcomes.lazy.map(\.json), "hooks": hooks.lazy.map(\.json)], to: write)
    }
}

extension HookOutcome {
    fileprivate var json: JSONObject {
        [
            "name": name, "result": result.rawValue, "exit_code": exitStatus,
            "duration_ms": duration.wholeMilliseconds, "pending_since": pendingSince, "message": message,
            "output": output,
        ]
    }
}

extension BrandOutcome {
    fileprivate var json: JSONObject {
        [
            "name": name, "client_id": clientID, "outcome": kind.rawValue, "reason": reasonWords,
            "code": failure?.code.text, "transient": failure?.isTransient, "message": failure?.message,
            "attempts": attempts, "duration_ms": duration.wholeMilliseconds, "issued_at": issuedAt,
            "expires_at": expiresAt, "outputs": outputs.map(\.json),
        ]
    }
}

extension OutputOutcome {
    fileprivate var json: JSONObject { ["file": JSONText.place(path), "result": kind.rawValue, "message": message] }
}

// MARK: - The table

extension RunReport {
    /// The outcomes as a table, then every failure in full.
    /// - Parameter width: the most columns of the table; nil for no limit.
    package func table(width: Int?, isColoured: Bool = false) -> String {
        let rows =
            [["BRAND", "OUTCOME", "EXPIRES IN", "TRIES", "FILES"]]
            + outcomes.map(cells)
        var text = TextTable.render(rows, width: width, styles: isColoured ? outcomes.map(\.style) : [])
        for outcome in outcomes {
            if let reason = outcome.reasonWords, outcome.kind == .due { text += "\(outcome.name): due: \(reason)\n" }
        }
        for warning in warnings { text += "warning: \(warning)\n" }
        for failure in failures { text += failure.line + "\n" }
        return text
    }

    private func cells(_ outcome: BrandOutcome) -> [String] {
        let left = outcome.expiresAt.map { DurationText.render(max(.zero, $0.since(endedAt))) }
        let files = outcome.outputs.map(\.path).joined(separator: " ")
        return [outcome.name, outcome.kind.rawValue, left ?? "-", "\(outcome.attempts)", files]
    }
}

extension BrandOutcome {
    fileprivate var style: TextStyle? {
        switch kind {
        case .fresh, .due: nil
        case .rotated, .repaired: .good
        case .shortLived, .unfinished: .caution
        case .failed: .bad
        }
    }
}
