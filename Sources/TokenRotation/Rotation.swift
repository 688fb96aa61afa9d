// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
package import Model
internal import Synchronization
internal import TokenAPI

/// One run over one configuration: plan, exchange, publish. The caller holds the run's lock.
package final class Rotation: Sendable {
    private let configuration: Configuration
    private let selection: Selection
    private let context: RunContext
    private let stop: StopRequest
    private let rule: DueRule
    private let publication: Publication
    private let access: TokenStoreAccess
    /// When the tokens must be done.
    private let deadline: ContinuousClock.Instant
    /// When the run must be over.
    let end: ContinuousClock.Instant

    package init(
        configuration: Configuration, selection: Selection, force: Bool, context: RunContext = RunContext(),
        stop: StopRequest, stores: TokenStoreAccess.Maker = TokenStoreAccess.none
    ) {
        self.configuration = configuration
        self.selection = selection
        self.context = context
        self.stop = stop
        rule = DueRule(configuration, force: force, now: context.now())
        publication = Publication(
            directories: OutputDirectories(watch: DiskWatch(configuration)), accounts: Accounts())
        end = .now + configuration.deadline
        deadline = end - configuration.timeForHooks
        access = stores(configuration, stop, deadline)
    }

    /// Reads what is published and decides who is due, by the deadline. Writes nothing.
    package func plan() -> RotationPlan {
        let alarm = stop.alarm(at: deadline)
        defer { alarm.cancel() }
        return RotationPlan(
            configuration: configuration, selection: selection, rule: rule,
            survey: OutputSurvey(directories: publication.directories, accounts: publication.accounts), stop: stop,
            access: access)
    }

    /// Knows the disks that hang.
    var watch: DiskWatch { publication.directories.watch }

    /// Removes what killed runs left, requests what is due, publishes it, and says what became of every brand.
    ///
    /// - Parameters:
    ///   - announce: Called once before the first file changes, with the brands that may change.
    ///   - known: Takes the new tokens that stand in no file, where they must be known later.
    package func run(
        _ whole: consuming RotationPlan, secrets: SecretReader, announce: (@Sendable (Set<Int>) -> Void)? = nil,
        known: KnownSecrets? = nil
    ) -> RotationEnding {
        publication.directories.sweep(stop: stop) { [configuration, selection] pass in
            configuration.forEachFile(of: selection.brands, pass)
        }
        var plan = whole
        let brands = plan.brands
        var publication = publication
        if let announce {
            // A shared file may be written for any of its brands, also where none is due.
            let due = Set(plan.work.map { brands[$0.position] }).union(
                configuration.snippets.flatMap { $0.entries.map(\.brand) }
            ).intersection(brands)
            publication.firstWrite = FirstWrite { announce(due) }
        }
        let ledger = Ledger(plan.outcomes, open: plan.work.map(\.position))
        // The ledger's alone from here on: each change would copy what somebody else holds as well.
        plan.outcomes = []
        let snippets = SnippetPublisher(
            plan: plan, configuration: configuration, rule: rule, publication: publication, ledger: ledger)
        let stores = TokenStorePublisher(
            plan: plan, configuration: configuration, rule: rule, access: access, ledger: ledger,
            firstWrite: publication.firstWrite)
        let endpoint = EndpointState(brands: plan.work.count)
        var warnings: [String] = []
        let hasWork = !plan.work.isEmpty
        let concludes = hasWork || !configuration.snippets.isEmpty || stores.isNeeded
        // What comes after this, hooks and telling others, has bounds of its own: the deadline ends none of it.
        let alarm = concludes ? stop.alarm(at: deadline) : nil
        defer { alarm?.cancel() }
        if hasWork {
            warnings = RotationWork(
                plan: plan, configuration: configuration, rule: rule, publication: publication, ledger: ledger,
                snippets: snippets, stores: stores, context: context, endpoint: endpoint, stop: stop,
                deadline: deadline, secrets: secrets
            ).perform()
        }
        if concludes {
            conclude(snippets, stores, ledger)
        }
        if endpoint.hasOtherType {
            warnings.append(
                "answer-type: an answer was not labelled as JSON (Content-Type); something may stand between this host "
                    + "and DOKU")
        }
        if let skew = endpoint.skew { warnings.append(Self.warning(of: skew)) }
        let granted = ledger.newTokens
        if let known, stores.isNeeded {
            // What a hook prints must not give them away; no file holds them.
            for token in Array(granted.values) + plan.stores.flatMap(\.tokens) {
                known.note(Secret(Array(token.text.utf8)))
            }
        }
        let outcomes = ledger.close(unfinished: stop.reason?.failure)
        var ending = RotationEnding(outcomes: outcomes, warnings: warnings, clockOffset: endpoint.offset)
        // Nobody else asks, and of ten thousand brands these are large.
        guard announce != nil else { return ending }
        ending.changed = changes(outcomes, of: brands, renewed: granted.keys.map { brands[$0] })
        ending.changed.formUnion(ledger.doubted.map { brands[$0] })
        if stop.reason != nil { ending.changed.formUnion(ledger.inDoubt.map { brands[$0] }) }
        ending.failed = Set(brands.indices.filter { outcomes[$0].hasFailed }.map { brands[$0] })
        return ending
    }

    /// The brands of which a file changed. A shared file changes with any of its brands: it is a change for those whose
    /// tokens are new, or for all of them where none is.
    private func changes(_ outcomes: [BrandOutcome], of brands: [Int], renewed: [Int]) -> Set<Int> {
        var renewed = Set(renewed)
        for (outcome, index) in zip(outcomes, brands) where outcome.kind == .repaired { renewed.insert(index) }
        let unrenewed = configuration.snippets.filter { !$0.entries.contains { renewed.contains($0.brand) } }
        let changedForAll = Set(unrenewed.map(\.path))
        var changed: Set<Int> = []
        for (outcome, index) in zip(outcomes, brands) {
            let own = configuration.brands[index].outputs.count
            let hasChanged = outcome.outputs.enumerated().contains { place, output in
                (output.kind == .written || output.kind == .durabilityUnknown)
                    && (place < own || renewed.contains(index) || changedForAll.contains(output.path))
            }
            if hasChanged { changed.insert(index) }
        }
        return changed
    }

    private static func warning(of skew: Duration) -> String {
        "clock-skew: this host's clock is \(DurationText.render(skew.magnitude)) \(skew > .zero ? "behind" : "ahead of") "
            + "the endpoint's; set it (timedatectl)"
    }

    /// Writes the shared files and the stores and makes everything durable: on threads of their own, since a disk or a
    /// server that hangs must not keep a stopped run from ending, nor one of them the other.
    private func conclude(_ snippets: SnippetPublisher, _ stores: TokenStorePublisher, _ ledger: Ledger) {
        let finished = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        let files = DispatchQueue(label: "conclusion")
        files.async(group: group) { @Sendable [publication] in
            // What is written is safe before anything else is waited for.
            publication.directories.synchronize()
            snippets.publish(isLast: true)
            publication.directories.synchronize()
        }
        if stores.isNeeded {
            DispatchQueue(label: "stores-conclusion").async(group: group) { @Sendable in stores.publish(isLast: true) }
        }
        group.notify(queue: files) { @Sendable in _ = finished.signal() }
        stop.signal(finished, after: StopRequest.timeToConclude)
        finished.wait()
        // Nobody waits any longer for a disk that hangs.
        ledger.noteUnsynced(publication.directories.doubt.map { doubt in { path in doubt(path).map { "\($0)" } } })
    }
}

/// What came of a run's tokens.
package struct RotationEnding: Sendable {
    package var outcomes: [BrandOutcome]
    /// What is not as safe as it should be.
    package let warnings: [String]
    /// What must be added to this host's clock to get the endpoint's, where an answer told.
    package let clockOffset: Duration?
    /// Indexes of the brands of whose tokens one was published, or may still be where the run was stopped.
    /// Known where somebody had the first write announced, as ``failed`` is.
    package var changed: Set<Int> = []
    /// Indexes of the brands that failed.
    package var failed: Set<Int> = []
}

extension BrandOutcome {
    /// Whether something went wrong with it. That somebody stopped the run is nothing wrong.
    fileprivate var hasFailed: Bool { failure.map { $0.code != .stopped } ?? false }
}

extension Configuration {
    /// What is kept of a run's time for its hooks: brands that take all the time there is must not keep others'
    /// readers from being told.
    var timeForHooks: Duration { min(hooks.reduce(.zero) { $0 + $1.timeout }, deadline / 4) }
}
