// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles

/// One run over one configuration: plan, exchange, publish. The caller holds the run's lock.
package final class Rotation: Sendable {
    private let configuration: Configuration
    private let selection: Selection
    private let context: RunContext
    private let stop: StopRequest
    private let rule: DueRule
    private let publication: Publication
    /// When the run must be over.
    private let deadline: ContinuousClock.Instant

    package init(
        configuration: Configuration, selection: Selection, force: Bool, context: RunContext = RunContext(),
        stop: StopRequest
    ) {
        self.configuration = configuration
        self.selection = selection
        self.context = context
        self.stop = stop
        rule = DueRule(
            runEvery: configuration.runEvery, deadline: configuration.deadline, force: force, now: context.now())
        publication = Publication(directories: OutputDirectories(), accounts: Accounts())
        deadline = .now + configuration.deadline
    }

    /// Reads what is published and decides who is due. Writes nothing.
    package func plan() -> RotationPlan {
        RotationPlan(
            configuration: configuration, selection: selection, rule: rule,
            survey: OutputSurvey(directories: publication.directories, accounts: publication.accounts),
            directories: publication.directories)
    }

    /// Removes what killed runs left, requests what is due, publishes it, and says what became of every brand.
    /// - Returns: the outcomes, what is not as safe as it should be, and how far this host's clock is from the
    ///   endpoint's, where an answer told.
    package func run(
        _ whole: consuming RotationPlan
    ) -> (outcomes: [BrandOutcome], warnings: [String], clockOffset: Duration?) {
        publication.directories.sweep { [configuration, selection] in RotationPlan.files(configuration, selection) }
        var plan = whole
        let ledger = Ledger(plan.outcomes, open: plan.work.map(\.position))
        // The ledger's alone from here on: each change would copy what somebody else holds as well.
        plan.outcomes = []
        let snippets = SnippetPublisher(
            plan: plan, configuration: configuration, rule: rule, publication: publication, ledger: ledger)
        let endpoint = EndpointState(brands: plan.work.count)
        var warnings: [String] = []
        let hasWork = !plan.work.isEmpty
        if hasWork {
            warnings = RotationWork(
                plan: plan, configuration: configuration, rule: rule, publication: publication, ledger: ledger,
                snippets: snippets, context: context, endpoint: endpoint, stop: stop, deadline: deadline
            ).perform()
        }
        if hasWork || !configuration.snippets.isEmpty {
            conclude(snippets, ledger)
        }
        if endpoint.hasOtherType {
            warnings.append(
                "answer-type: an answer was not labelled as JSON (Content-Type); something may stand between this host "
                    + "and DOKU")
        }
        if let skew = endpoint.skew { warnings.append(Self.warning(of: skew)) }
        return (ledger.close(unfinished: stop.reason?.failure), warnings, endpoint.offset)
    }

    private static func warning(of skew: Duration) -> String {
        "clock-skew: this host's clock is \(DurationText.render(skew.magnitude)) \(skew > .zero ? "behind" : "ahead of") "
            + "the endpoint's; set it (timedatectl)"
    }

    /// Writes the shared files and makes everything durable: on a thread of its own, since a disk that hangs must not
    /// keep a stopped run from ending.
    private func conclude(_ snippets: SnippetPublisher, _ ledger: Ledger) {
        let finished = DispatchSemaphore(value: 0)
        DispatchQueue(label: "conclusion").async { @Sendable [publication] in
            snippets.publish()
            ledger.noteUnsynced(publication.directories.synchronize())
            finished.signal()
        }
        stop.signal(finished, after: StopRequest.timeToConclude)
        finished.wait()
    }
}
