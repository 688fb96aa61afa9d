// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Synchronization

/// Writes the files that many brands share: while answers still come in, so that no brand waits for a slow one, and
/// once more at the end. Each call writes what has come since the last; calls exclude each other.
final class SnippetPublisher: Sendable {
    private struct State: Sendable {
        var before: [SurveyedSnippet]
        /// What the last write of each file came to; a file that later calls leave unchanged was written all the same.
        var written: [OutputOutcome?]
        /// New tokens that the last call found.
        var count = -1
    }

    private let plan: RotationPlan
    private let configuration: Configuration
    private let rule: DueRule
    private let publication: Publication
    private let ledger: Ledger
    /// By index of the brand: the snippets it is in, and its variable in each.
    private let memberships: [Int: [(snippet: Int, variable: String)]]
    private let state: Mutex<State>

    init(
        plan: RotationPlan, configuration: Configuration, rule: DueRule, publication: Publication, ledger: Ledger
    ) {
        self.plan = plan
        self.configuration = configuration
        self.rule = rule
        self.publication = publication
        self.ledger = ledger
        memberships = configuration.placesInSnippets
        state = Mutex(
            State(before: plan.snippets, written: Array(repeating: nil, count: plan.snippets.count)))
    }

    /// What a brand with a new token waits for; nil where its token goes to no such file.
    func awaited(_ work: RotationPlan.Work) -> Ledger.Awaited? {
        let brand = plan.brands[work.position]
        guard let places = memberships[brand] else { return nil }
        var awaited = Ledger.Awaited(paths: [], health: .outlivesNextRun)
        for (index, variable) in places {
            let entry = Snippet.Entry(brand: brand, variable: variable)
            awaited.paths.insert(configuration.snippets[index].path)
            awaited.health = max(
                awaited.health, health(before: plan.snippets[index], entry, configuration.snippets[index]))
        }
        return awaited
    }

    /// Of the token that stood there.
    private func health(before: SurveyedSnippet, _ entry: Snippet.Entry, _ snippet: Snippet) -> TokenHealth {
        let brand = configuration.brands[entry.brand]
        let state = before.lastGood(entry, clientID: brand.clientID).map(SurveyedOutput.State.token)
        return rule.health(
            of: SurveyedOutput(path: snippet.path, state: state ?? .noToken(.missing)), brand: brand)
    }

    /// Writes the tokens that have come so far, if there are new ones since the last call, or that one failed.
    /// - Parameter isLast: whether no more come: what fails then has failed.
    func publish(isLast: Bool) {
        guard !configuration.snippets.isEmpty else { return }
        state.withLock { state in
            let granted = ledger.newTokens
            guard isLast || granted.count != state.count else { return }
            state.count = granted.count
            var tokens: [Int: Token] = [:]
            for (position, token) in granted { tokens[plan.brands[position]] = token }
            let positions = Dictionary(uniqueKeysWithValues: plan.brands.enumerated().map { ($1, $0) })
            for (index, snippet) in configuration.snippets.enumerated() {
                // A file none of whose brands is in this run is not this run's.
                guard snippet.entries.contains(where: { positions[$0.brand] != nil }) else { continue }
                publish(snippet, at: index, tokens, positions, isLast, &state)
            }
        }
    }

    private func publish(
        _ snippet: Snippet, at index: Int, _ tokens: [Int: Token], _ positions: [Int: Int], _ isLast: Bool,
        _ state: inout State
    ) {
        let (outcome, contents, uncarried) = publication.publish(
            snippet, of: configuration.brands, over: state.before[index], granted: tokens)
        var file = outcome
        switch outcome.kind {
        case .written:
            state.before[index].contents = contents
            state.before[index].hasConfiguredAttributes = true
            state.written[index] = outcome
        case .unchanged: file = state.written[index] ?? outcome
        case .failed:
            // Tried again by the next call, which may be luckier.
            state.count = -1
            guard isLast else { return }
        case .due, .refused, .durabilityUnknown: break
        }
        for entry in snippet.entries {
            guard let position = positions[entry.brand] else { continue }
            var output = file
            if uncarried.contains(entry.brand) {
                output.kind = .failed
                output.message = "the dialect of \(snippet.path) cannot carry this token unchanged; choose another one"
            }
            ledger.note(output, at: position, health: health(before: plan.snippets[index], entry, snippet))
        }
    }
}
