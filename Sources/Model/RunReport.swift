// SPDX-License-Identifier: Apache-2.0

/// Everything that one run has to say, whatever the way it ended.
package struct RunReport: Sendable {
    /// Random, to tell runs apart.
    package let runID: String
    package let startedAt: Timestamp
    package var endedAt: Timestamp
    package var duration: Duration
    package var exitStatus: ExitStatus
    /// In the order of the configuration.
    package var outcomes: [BrandOutcome]
    /// Those that concern a brand of the run, in the order of the configuration.
    package var hooks: [HookOutcome] = []
    /// What is wrong with the run as a whole: the configuration's problems, a lock that is held.
    package var problems: [String]
    /// What works, but is not as safe as it should be: a secret that others may read.
    package var warnings: [String] = []
    /// What must be added to this host's clock to get the endpoint's; nil where no answer told.
    package var clockOffset: Duration?
    /// Whom to tell; nobody where no configuration could be read.
    package var destinations = ReportDestinations()
    /// How often the scheduler starts this; nil where no configuration could be read.
    package var runEvery: Duration?
    package var coverage = Coverage.nothing
    package var shard: Shard?
    /// Whether it tells how the scheduler's runs go. A run over brands that somebody named does not, unless they are
    /// all: that those are well says nothing of the others.
    package var speaksForAll = true
    /// What the exit status is about.
    package var examination = ExitStatus.Examination.run
    /// Whether another run of the configuration has the lock, and speaks for both.
    package var isOutranked = false

    /// How much of the configuration ``outcomes`` speak of.
    package enum Coverage: Sendable, Equatable {
        case whole
        /// What the run was told to leave alone: brands by name.
        case allBut(Set<String>)
        /// The run did not come so far as to look at any brand.
        case nothing
    }

    package init(
        runID: String, startedAt: Timestamp, endedAt: Timestamp, duration: Duration = .zero, exitStatus: ExitStatus,
        outcomes: [BrandOutcome] = [], problems: [String] = []
    ) {
        self.runID = runID
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.duration = duration
        self.exitStatus = exitStatus
        self.outcomes = outcomes
        self.problems = problems
    }

    /// Something that is not as it should be: with the run as a whole, with a brand, or with a hook.
    package struct Failure: Sendable {
        /// nil where it is no brand's.
        package var brand: String?
        package var code: BrandFailure.Code?
        package let message: String
    }

    /// None where all is well.
    package var failures: [Failure] {
        problems.map { Failure(message: $0) }
            + outcomes.compactMap { outcome in
                outcome.failure.map { Failure(brand: outcome.name, code: $0.code, message: $0.message) }
            } + hooks.compactMap(\.failureLine).map { Failure(message: $0) }
    }
}

// MARK: - The JSON document

extension RunReport {
    /// The report as one JSON document with a line end, in pieces of at most one brand each, so that a long report is
    /// never in memory as a whole.
    package func writeJSON(to write: (String) -> Void) {
        write(
            """
            {
              "version": \(quoted(ProgramVersion.text)),
              "run_id": \(quoted(runID)),
              "started_at": \(quoted(startedAt.description)),
              "ended_at": \(quoted(endedAt.description)),
              "duration_ms": \(duration.wholeMilliseconds),
              "exit_code": \(exitStatus.rawValue),
              "exit_meaning": \(quoted(exitStatus.meaning(of: examination))),
              "dry_run": \(examination != .run),
              "problems": [\(problems.map(quoted).joined(separator: ", "))],
              "warnings": [\(warnings.map(quoted).joined(separator: ", "))],
              "clock_offset_seconds": \(clockOffset.map { "\($0.components.seconds)" } ?? "null"),
              "brands": [
            """)
        for (index, outcome) in outcomes.enumerated() {
            write((index == 0 ? "\n" : ",\n") + json(outcome))
        }
        write((outcomes.isEmpty ? "]" : "\n  ]") + ",\n  \"hooks\": [")
        for (index, hook) in hooks.enumerated() {
            write((index == 0 ? "\n" : ",\n") + json(hook))
        }
        write((hooks.isEmpty ? "]" : "\n  ]") + "\n}\n")
    }

    private func json(_ hook: HookOutcome) -> String {
        """
            {"name": \(quoted(hook.name)), "result": \(quoted(hook.result.rawValue)), \
        "exit_status": \(hook.exitStatus.map { "\($0)" } ?? "null"), \
        "duration_ms": \(hook.duration.wholeMilliseconds), \
        "pending_since": \(quotedOrNull(hook.pendingSince?.description)), \
        "message": \(quotedOrNull(hook.message)), "output": \(quotedOrNull(hook.output))}
        """
    }

    private func json(_ outcome: BrandOutcome) -> String {
        let outputs = outcome.outputs.map { output in
            "{\"file\": \(quoted(output.path)), \"result\": \(quoted(output.kind.rawValue)), "
                + "\"message\": \(quotedOrNull(output.message))}"
        }
        return """
                {"name": \(quoted(outcome.name)), "client_id": \(quoted(outcome.clientID)), \
            "outcome": \(quoted(outcome.kind.rawValue)), "reason": \(quotedOrNull(outcome.reasonWords)), \
            "code": \(quotedOrNull(outcome.failure?.code.rawValue)), \
            "transient": \(outcome.failure.map { String($0.isTransient) } ?? "null"), \
            "message": \(quotedOrNull(outcome.failure?.message)), "attempts": \(outcome.attempts), \
            "duration_ms": \(outcome.duration.wholeMilliseconds), \
            "issued_at": \(quotedOrNull(outcome.issuedAt?.description)), \
            "expires_at": \(quotedOrNull(outcome.expiresAt?.description)), \
            "outputs": [\(outputs.joined(separator: ", "))]}
            """
    }

    private func quotedOrNull(_ text: String?) -> String { text.map(quoted) ?? "null" }

    private func quoted(_ text: String) -> String { JSONText.quoted(text) }
}

extension Duration {
    /// Milliseconds, the rest cut off.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

// MARK: - The table

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

extension BrandOutcome {
    fileprivate var style: TextStyle? {
        switch kind {
        case .fresh, .due: nil
        case .rotated, .repaired: .good
        case .shortLived, .unfinished: .doubtful
        case .failed: .bad
        }
    }
}
