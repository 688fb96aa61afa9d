// SPDX-License-Identifier: Apache-2.0

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

    /// The outcomes of a run that only plans.
    package func outcomes(of plan: RotationPlan) -> [BrandOutcome] { plan.entries.map(\.planned) }

    /// Removes what killed runs left, requests what is due, publishes it, and says what became of every brand.
    /// - Returns: the outcomes, and what is not as safe as it should be.
    package func run(_ plan: RotationPlan) -> (outcomes: [BrandOutcome], warnings: [String]) {
        publication.directories.sweep(beside: publishedFiles)
        let ledger = Ledger(
            plan.entries.map(\.outcome), isDone: plan.entries.map { !$0.verdict.needsWork })
        var warnings: [String] = []
        if plan.entries.contains(where: \.verdict.needsWork) {
            warnings = RotationWork(
                plan: plan, configuration: configuration, rule: rule, publication: publication, ledger: ledger,
                context: context, stop: stop, deadline: deadline
            ).perform()
        }
        publishSnippets(plan, ledger)
        ledger.noteUnsynced(publication.directories.synchronize())
        return (ledger.outcomes(unfinished: stop.reason?.failure), warnings)
    }

    /// Every file that this run may publish.
    private func publishedFiles() -> [(path: String, symlinks: SymlinkPolicy)] {
        selection.brands.flatMap { configuration.brands[$0].outputs.map { ($0.path, $0.symlinks) } }
            + configuration.snippets.map { ($0.path, $0.symlinks) }
    }

    private func publishSnippets(_ plan: RotationPlan, _ ledger: Ledger) {
        guard !configuration.snippets.isEmpty else { return }
        var tokens: [Int: Token] = [:]
        for (position, token) in ledger.newTokens { tokens[plan.entries[position].brand] = token }
        let positions = Dictionary(uniqueKeysWithValues: plan.entries.enumerated().map { ($1.brand, $0) })
        for (snippet, before) in zip(configuration.snippets, plan.snippets) {
            // A file none of whose brands is in this run is not this run's.
            guard snippet.entries.contains(where: { positions[$0.brand] != nil }) else { continue }
            let (file, uncarried) = publication.publish(snippet, over: before, granted: tokens)
            for entry in snippet.entries {
                guard let position = positions[entry.brand] else { continue }
                var output = file
                if uncarried.contains(entry.brand) {
                    output.kind = .failed
                    output.message =
                        "the dialect of \(snippet.path) cannot carry this token unchanged; choose another one"
                }
                let old = before.tokens[entry.variable].map(SurveyedOutput.State.token) ?? .noToken("is missing")
                ledger.note(
                    output, at: position,
                    health: rule.health(
                        of: SurveyedOutput(path: snippet.path, state: old), brand: configuration.brands[entry.brand]))
            }
        }
    }
}

extension DueRule.Verdict {
    /// Whether anything is to be done for the brand.
    var needsWork: Bool {
        switch self {
        case .repair, .request: true
        case .fresh, .impossible: false
        }
    }
}
