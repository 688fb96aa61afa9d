// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

/// Who is due and why, read from what is published: nothing is written, requested or unlocked for it.
///
/// Small, since a run may have ten thousand brands: no token is kept but one to be published again.
package struct RotationPlan: Sendable {
    /// One brand for which something is to be done.
    struct Work: Sendable {
        /// Index into ``RotationPlan/brands`` and ``RotationPlan/outcomes``.
        let position: Int
        let step: Step
        /// What stands at the brand's files.
        let before: PriorOutputs
    }

    /// What is to be done for a brand.
    indirect enum Step: Sendable {
        case request
        /// Publish again the token at hand.
        case repair(Token)
    }

    /// The brands of the run: indexes into ``Configuration/brands``.
    let brands: [Int]
    /// What becomes of each brand if nothing is done for it.
    var outcomes: [BrandOutcome]
    let work: [Work]
    /// Whether some brand's token would be dead, or is, before a run that delays is over.
    let cannotWait: Bool
    /// What stands in the snippets, in the order of the configuration.
    let snippets: [SurveyedSnippet]
    /// What stands in the stores, in the order of the configuration.
    let stores: [SurveyedStore]

    /// - Parameter stop: ends the survey, and so the plan: what was not seen by then is unfinished.
    init(
        configuration: Configuration, selection: Selection, rule: DueRule, survey: OutputSurvey, stop: StopRequest,
        access: TokenStoreAccess
    ) {
        var surveyed = BrandSurvey(of: configuration, selection, survey: survey, stop: stop, access: access)
        surveyed.rehearse(configuration, selection, access) { index, outputs in
            rule.verdict(on: configuration.brands[index], outputs: outputs).needsWork
        }
        let standing = surveyed
        var judged = standing.judge(
            selection.brands, into: Judged(configuration, selection),
            judge: { index, outputs in
                Self.judgement(
                    on: configuration.brands[index], outputs, standing.symlinks(of: index), rule, survey.directories)
            },
            add: { judged, position, judgement in
                judged.outcomes[position] = judgement.outcome
                judged.cannotWait = judged.cannotWait || judgement.cannotWait
                guard let step = judgement.step else { return }
                judged.work.append(Work(position: position, step: step, before: judgement.before))
            })
        // A brand whose disk was waited for comes behind the others.
        judged.work.sort { $0.position < $1.position }
        brands = selection.brands
        outcomes = judged.outcomes
        work = judged.work
        cannotWait = judged.cannotWait
        snippets = standing.snippets
        stores = standing.stores
    }

    private struct Judged: Sendable {
        var outcomes: [BrandOutcome]
        var work: [Work] = []
        var cannotWait = false

        /// Before anybody was looked at.
        init(_ configuration: Configuration, _ selection: Selection) {
            outcomes = selection.brands.map { index in
                let brand = configuration.brands[index]
                return BrandOutcome(name: brand.name, clientID: brand.clientID, kind: .unfinished, health: .dead)
            }
            work.reserveCapacity(selection.brands.count)
        }
    }

    private struct Judgement: Sendable {
        let outcome: BrandOutcome
        let step: Step?
        let before: PriorOutputs
        let cannotWait: Bool
    }

    private static func judgement(
        on brand: Brand, _ surveyed: [SurveyedOutput], _ symlinks: [SymlinkPolicy], _ rule: DueRule,
        _ directories: OutputDirectories
    ) -> Judgement {
        var outputs = surveyed
        var verdict = rule.verdict(on: brand, outputs: outputs)
        if verdict.needsWork, refuseUnwritable(&outputs, symlinks, directories) {
            verdict = rule.verdict(on: brand, outputs: outputs)
        }
        let (outcome, before, token) = judged(brand, verdict, outputs, rule)
        switch verdict {
        case .fresh, .impossible: return Judgement(outcome: outcome, step: nil, before: before, cannotWait: false)
        case .request:
            return Judgement(
                outcome: outcome, step: .request, before: before,
                cannotWait: outputs.contains { rule.cannotWait($0, brand: brand) })
        case .repair:
            return Judgement(outcome: outcome, step: token.map(Step.repair), before: before, cannotWait: false)
        }
    }

    /// Whether anything is to be requested.
    var hasRequests: Bool {
        work.contains { if case .request = $0.step { true } else { false } }
    }

    /// Every file that a run over these brands may publish.
    static func files(
        _ configuration: Configuration, _ brands: some Sequence<Int>
    ) -> [(path: String, symlinks: SymlinkPolicy)] {
        brands.flatMap { configuration.brands[$0].outputs.map { ($0.path, $0.symlinks) } }
            + configuration.snippets.map { ($0.path, $0.symlinks) }
    }

    /// Asks, for a brand that is about to be written, whether its directories take a new file.
    /// - Returns: whether one does not.
    private static func refuseUnwritable(
        _ outputs: inout [SurveyedOutput], _ symlinks: [SymlinkPolicy], _ directories: OutputDirectories
    ) -> Bool {
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
            return BrandFailure(.outputRefused, error)
        }
    }
}

/// What stood at an output before the run touched it, as far as publishing needs it.
struct PriorOutput: Sendable {
    /// Of the token there, where the file is as configured: the same token need not be written again.
    let fingerprint: Int?
    let health: TokenHealth

    static let nothing = PriorOutput(fingerprint: nil, health: .dead)

    var isNothing: Bool { fingerprint == nil && health == .dead }

    /// Tells two tokens of one run apart.
    static func fingerprint(_ token: Token) -> Int { token.text.hashValue }
}

/// What stood at the outputs of one brand. Most brands have one: ten thousand of them need no array each.
enum PriorOutputs: Sendable {
    /// Nothing at any, as before the first run.
    case nothing
    case one(PriorOutput)
    case several([PriorOutput])

    init(_ outputs: [PriorOutput]) {
        self =
            if outputs.allSatisfy(\.isNothing) { .nothing } else if outputs.count == 1 { .one(outputs[0]) } else {
                .several(outputs)
            }
    }

    subscript(output: Int) -> PriorOutput {
        switch self {
        case .nothing: .nothing
        case .one(let prior): prior
        case .several(let all): all[output]
        }
    }
}

extension RotationPlan {
    /// The brand's outcome if nothing is done for it, what stands at its files, and the token at hand.
    private static func judged(
        _ brand: Brand, _ verdict: DueRule.Verdict, _ outputs: [SurveyedOutput], _ rule: DueRule
    ) -> (BrandOutcome, PriorOutputs, Token?) {
        var outcome = BrandOutcome(
            name: brand.name, clientID: brand.clientID, kind: verdict == .fresh ? .fresh : .failed,
            health: .outlivesNextRun)
        outcome.outputs.reserveCapacity(outputs.count)
        var before: [PriorOutput] = []
        var isKnownDead = false
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
                isKnownDead = isKnownDead || health == .dead
                if output.isAsConfigured { fingerprint = PriorOutput.fingerprint(token) }
                if outcome.expiresAt.map({ $0 > token.expiresAt ?? $0 }) ?? true {
                    outcome.issuedAt = token.issuedAt
                    outcome.expiresAt = token.expiresAt
                }
            case .noToken(let absence):
                message = absence.words
                if absence == .closed { outcome.isHidden = true } else { isKnownDead = true }
            }
            if let refusal = output.refusal {
                kind = refusal.isOfStop ? .unchanged : .refused
                message = refusal.message
                outcome.failure = outcome.failure ?? refusal
                outcome.kind = refusal.isOfStop ? .unfinished : .failed
            }
            outcome.outputs.append(
                OutputOutcome(path: output.path, kind: kind, message: message, code: output.refusal?.code))
            if verdict != .fresh {
                before.append(PriorOutput(fingerprint: fingerprint, health: health))
            }
        }
        outcome.isHidden = outcome.isHidden && !isKnownDead
        if case .request(let reason) = verdict { outcome.reason = reason }
        return (outcome, PriorOutputs(before), known)
    }

    /// The outcomes of a run that only plans.
    package var planned: [BrandOutcome] {
        var planned = outcomes
        for position in work.map(\.position) {
            for index in planned[position].outputs.indices where planned[position].outputs[index].kind == .unchanged {
                planned[position].outputs[index].kind = .due
            }
            if planned[position].failure == nil { planned[position].kind = .due }
        }
        return planned
    }
}
