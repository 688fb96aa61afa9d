// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

/// Who is due and why, read from the files on disk: nothing is written, requested or unlocked for it.
package struct RotationPlan: Sendable {
    /// One brand of the run. Small, since a run may have ten thousand: no token is kept but one to be published again.
    struct Entry: Sendable {
        /// Index into ``Configuration/brands``.
        let brand: Int
        let verdict: DueRule.Verdict
        /// The brand's outcome if nothing is done for it.
        let outcome: BrandOutcome
        /// What stands at the brand's own files; empty for a brand that is fresh.
        let before: [PriorOutput]
        /// The token to publish again, for a brand that needs no more than that.
        let token: Token?
    }

    let entries: [Entry]
    /// What stands in the snippets, in the order of the configuration.
    let snippets: [SurveyedSnippet]

    init(
        configuration: Configuration, selection: Selection, rule: DueRule, survey: OutputSurvey,
        directories: OutputDirectories
    ) {
        let aliases = directories.aliases(in: Self.files(configuration, selection))
        let snippets = configuration.snippets.map { snippet in
            var surveyed = survey.survey(snippet)
            surveyed.refusal = surveyed.refusal ?? aliases[snippet.path]
            return surveyed
        }
        var memberships: [Int: [(snippet: Int, variable: String)]] = [:]
        for (index, snippet) in configuration.snippets.enumerated() {
            for entry in snippet.entries { memberships[entry.brand, default: []].append((index, entry.variable)) }
        }
        entries = selection.brands.map { index in
            let brand = configuration.brands[index]
            var outputs = brand.outputs.map { output in
                var surveyed = survey.survey(output, brand: brand)
                surveyed.refusal = surveyed.refusal ?? aliases[output.path]
                return surveyed
            }
            for (snippet, variable) in memberships[index] ?? [] {
                outputs.append(Self.surveyed(configuration.snippets[snippet].path, snippets[snippet], variable))
            }
            var verdict = rule.verdict(on: brand, outputs: outputs)
            if verdict.needsWork,
                Self.refuseUnwritable(&outputs, brand, memberships[index] ?? [], configuration, directories)
            {
                verdict = rule.verdict(on: brand, outputs: outputs)
            }
            return Entry(brand, at: index, verdict, outputs, rule)
        }
        self.snippets = snippets
    }

    /// Every file that a run over these brands may publish.
    static func files(
        _ configuration: Configuration, _ selection: Selection
    ) -> [(path: String, symlinks: SymlinkPolicy)] {
        selection.brands.flatMap { configuration.brands[$0].outputs.map { ($0.path, $0.symlinks) } }
            + configuration.snippets.map { ($0.path, $0.symlinks) }
    }

    /// Asks, for a brand that is about to be written, whether its directories take a new file.
    /// - Returns: whether one does not.
    private static func refuseUnwritable(
        _ outputs: inout [SurveyedOutput], _ brand: Brand, _ memberships: [(snippet: Int, variable: String)],
        _ configuration: Configuration, _ directories: OutputDirectories
    ) -> Bool {
        let symlinks = brand.outputs.map(\.symlinks) + memberships.map { configuration.snippets[$0.snippet].symlinks }
        var isChanged = false
        for (position, symlinks) in symlinks.enumerated() {
            guard outputs[position].refusal == nil,
                let failure = obstacle(outputs[position].path, symlinks, directories)
            else { continue }
            outputs[position].refusal = failure
            isChanged = true
        }
        return isChanged
    }

    private static func obstacle(
        _ path: String, _ symlinks: SymlinkPolicy, _ directories: OutputDirectories
    ) -> BrandFailure? {
        do throws(FileError) {
            try directories.checkWritable(path, symlinks: symlinks)
            return nil
        } catch {
            return BrandFailure(.outputRefused, "\(error)")
        }
    }

    private static func surveyed(_ path: String, _ snippet: SurveyedSnippet, _ variable: String) -> SurveyedOutput {
        let state =
            snippet.tokens[variable].map(SurveyedOutput.State.token) ?? .noToken("holds no token for \(variable)")
        return SurveyedOutput(path: path, state: state, refusal: snippet.refusal)
    }
}

/// What stood at an output before the run touched it, as far as publishing needs it.
struct PriorOutput: Sendable {
    /// What forbids to write there.
    let refusal: BrandFailure?
    /// Of the token there, where the file is as configured: the same token need not be written again.
    let fingerprint: Int?
    let health: TokenHealth

    /// Tells two tokens of one run apart.
    static func fingerprint(_ token: Token) -> Int { token.text.hashValue }
}

extension RotationPlan.Entry {
    fileprivate init(
        _ brand: Brand, at index: Int, _ verdict: DueRule.Verdict, _ outputs: [SurveyedOutput], _ rule: DueRule
    ) {
        self.brand = index
        self.verdict = verdict
        var outcome = BrandOutcome(
            name: brand.name, clientID: brand.clientID, kind: verdict == .fresh ? .fresh : .failed, attempts: 0,
            duration: .zero, health: .outlivesNextRun, outputs: [])
        outcome.outputs.reserveCapacity(outputs.count)
        var before: [PriorOutput] = []
        var known: Token?
        for output in outputs {
            let health = rule.health(of: output, brand: brand)
            outcome.health = max(outcome.health, health)
            var kind = OutputOutcome.Kind.unchanged
            var message: String?
            var fingerprint: Int?
            switch output.state {
            case .token(let token):
                known = token
                if output.isAsConfigured { fingerprint = PriorOutput.fingerprint(token) }
                if outcome.expiresAt.map({ $0 > token.expiresAt ?? $0 }) ?? true {
                    outcome.issuedAt = token.issuedAt
                    outcome.expiresAt = token.expiresAt
                }
            case .noToken(let why): message = why
            }
            if let refusal = output.refusal {
                kind = .refused
                message = refusal.message
                outcome.failure = outcome.failure ?? refusal
                outcome.kind = .failed
            }
            outcome.outputs.append(OutputOutcome(path: output.path, kind: kind, message: message))
            if verdict != .fresh {
                before.append(PriorOutput(refusal: output.refusal, fingerprint: fingerprint, health: health))
            }
        }
        if case .request(let reason) = verdict { outcome.reason = reason }
        self.outcome = outcome
        self.before = before
        token = verdict == .repair ? known : nil
    }

    /// The brand's outcome in a run that only plans.
    var planned: BrandOutcome {
        var outcome = outcome
        guard verdict.needsWork else { return outcome }
        for index in outcome.outputs.indices where outcome.outputs[index].kind == .unchanged {
            outcome.outputs[index].kind = .due
        }
        if outcome.failure == nil { outcome.kind = .due }
        return outcome
    }
}
