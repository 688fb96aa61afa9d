// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model

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
        let standing = BrandSurvey(of: configuration, selection, survey: survey, stop: stop, access: access)
            .rehearsed(selection, access) { brand, outputs in rule.verdict(on: brand, outputs: outputs).needsWork }
        var judged = standing.judge(
            selection.brands, into: Judged(configuration, selection),
            judge: { _, brand, outputs in Self.judgement(on: brand, outputs, rule, survey.directories) },
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

    /// What is to become of one brand.
    private struct Judgement: Sendable {
        /// If nothing is done for it.
        var outcome: BrandOutcome
        var step: Step?
        var before = PriorOutputs.nothing
        var cannotWait = false
    }

    private static func judgement(
        on brand: Brand, _ surveyed: [SurveyedOutput], _ rule: DueRule, _ directories: OutputDirectories
    ) -> Judgement {
        let verdict = rule.verdict(on: brand, outputs: surveyed)
        guard verdict.needsWork else { return judgement(on: brand, surveyed, rule, verdict) }
        let obstacles = obstacles(to: surveyed, directories)
        guard !obstacles.isEmpty else { return judgement(on: brand, surveyed, rule, verdict) }
        var outputs = surveyed
        for (index, failure) in obstacles { outputs[index].refusal = failure }
        return judgement(on: brand, outputs, rule, rule.verdict(on: brand, outputs: outputs))
    }

    /// Whether anything is to be requested.
    var hasRequests: Bool {
        work.contains { if case .request = $0.step { true } else { false } }
    }

    /// Asks, for a brand that is about to be written, whether its directories take a new file.
    /// - Returns: by the outputs' numbers, why theirs do not.
    private static func obstacles(
        to outputs: [SurveyedOutput], _ directories: OutputDirectories
    ) -> [(output: Int, failure: BrandFailure)] {
        var obstacles: [(Int, BrandFailure)] = []
        for index in outputs.indices where outputs[index].refusal == nil {
            guard let symlinks = outputs[index].symlinks else { continue }
            do throws(FileError) {
                try directories.checkWritable(outputs[index].path, symlinks: symlinks)
            } catch {
                obstacles.append((index, BrandFailure(.outputRefused, error)))
            }
        }
        return obstacles
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

    /// Takes down what stood at one more output, behind those before it.
    mutating func note(_ prior: PriorOutput, at output: Int) {
        switch self {
        case .nothing where prior.isNothing: break
        case .nothing where output == 0: self = .one(prior)
        case .nothing: self = .several(Array(repeating: .nothing, count: output) + [prior])
        case .one(let first): self = .several([first, prior])
        case .several(var all):
            // Nobody else holds them while one is added: a brand may have many.
            self = .nothing
            all.append(prior)
            self = .several(all)
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
    private static func judgement(
        on brand: Brand, _ outputs: [SurveyedOutput], _ rule: DueRule, _ verdict: DueRule.Verdict
    ) -> Judgement {
        var judgement = Judgement(
            outcome: BrandOutcome(
                name: brand.name, clientID: brand.clientID, kind: verdict == .fresh ? .fresh : .failed,
                health: .outlivesNextRun))
        judgement.outcome.outputs.reserveCapacity(outputs.count)
        var isKnownDead = false
        for (index, output) in outputs.enumerated() {
            let health = rule.health(of: output, brand: brand)
            judgement.outcome.health = max(judgement.outcome.health, health)
            var kind = OutputOutcome.Kind.unchanged
            var message: String?
            var fingerprint: Int?
            switch output.state {
            case .token(let token):
                isKnownDead = isKnownDead || health == .dead
                if judgement.outcome.expiresAt.map({ $0 > token.expiresAt ?? $0 }) ?? true {
                    judgement.outcome.issuedAt = token.issuedAt
                    judgement.outcome.expiresAt = token.expiresAt
                }
                if verdict == .repair { judgement.step = .repair(token) }
                if verdict.needsWork, output.isAsConfigured { fingerprint = PriorOutput.fingerprint(token) }
            case .noToken(let absence):
                message = absence.words
                if absence == .closed { judgement.outcome.isHidden = true } else { isKnownDead = true }
            }
            if let refusal = output.refusal {
                kind = refusal.isOfStop ? .unchanged : .refused
                message = refusal.message
                judgement.outcome.failure = judgement.outcome.failure ?? refusal
                judgement.outcome.kind = refusal.isOfStop ? .unfinished : .failed
            }
            judgement.outcome.outputs.append(
                OutputOutcome(path: output.path, kind: kind, message: message, code: output.refusal?.code))
            if verdict.needsWork {
                judgement.before.note(PriorOutput(fingerprint: fingerprint, health: health), at: index)
            }
        }
        judgement.outcome.isHidden = judgement.outcome.isHidden && !isKnownDead
        if case .request(let reason) = verdict {
            judgement.outcome.reason = reason
            judgement.step = .request
            judgement.cannotWait = outputs.contains { rule.cannotWait($0, brand: brand) }
        }
        return judgement
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
