// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import DurableFiles
internal import Model
internal import Synchronization
internal import TokenAPI

/// The part of a run that waits for the network and the disk.
///
/// Each brand goes its own way from its secret to its files and ends in one outcome; a `DispatchGroup` holds an entry
/// for each brand until then. Brands are prepared a window at a time, so that ten thousand of them need no more memory
/// than the requests in flight; a brand that waits for its next attempt gives its place in the window up.
final class RotationWork: Sendable {
    private let plan: RotationPlan
    private let configuration: Configuration
    private let rule: DueRule
    private let publication: Publication
    private let ledger: Ledger
    private let context: RunContext
    private let endpoint: EndpointState
    private let stop: StopRequest
    private let deadline: ContinuousClock.Instant
    private let secrets: SecretReader

    private let feed = Mutex(Feed())
    private let group = DispatchGroup()
    private let lanes = Lanes(label: "publication", limit: 64)
    /// A command may take its whole timeout: it has lanes of its own, as many as there may be requests.
    private let commands: Lanes
    /// Where secrets are read: a file may be on a disk that hangs.
    private let preparation = Lanes(label: "preparation", limit: 64)
    private let snippets: SnippetPublisher
    private let stores: TokenStorePublisher

    /// How far the preparation is ahead of the answers.
    private struct Feed: Sendable {
        /// Index into the plan's work of the next brand to prepare.
        var next = 0
        /// Brands prepared whose first attempt has not ended.
        var ahead = 0
        var isFilling = false
    }

    /// How long a token waits for others before the files that many brands share are written.
    private static let snippetInterval = DispatchTimeInterval.seconds(1)
    /// The same for stores: a write is a request, and goes to everybody who watches.
    private static let storeInterval = DispatchTimeInterval.seconds(5)
    /// How often disks that hang are looked for.
    private static let diskInterval = DispatchTimeInterval.seconds(1)

    init(
        plan: RotationPlan, configuration: Configuration, rule: DueRule, publication: Publication, ledger: Ledger,
        snippets: SnippetPublisher, stores: TokenStorePublisher, context: RunContext, endpoint: EndpointState,
        stop: StopRequest,
        deadline: ContinuousClock.Instant, secrets: SecretReader
    ) {
        self.plan = plan
        self.configuration = configuration
        self.rule = rule
        self.publication = publication
        self.ledger = ledger
        self.snippets = snippets
        self.stores = stores
        commands = Lanes(label: "secret-command", count: max(8, min(64, configuration.concurrency)))
        self.context = context
        self.endpoint = endpoint
        self.stop = stop
        self.deadline = deadline
        self.secrets = secrets
    }

    /// Returns when every brand has its outcome, or a stop has taken its time.
    /// - Returns: what is not as safe as it should be.
    func perform() -> [String] {
        let transfers: Transfers
        do throws(CurlError) {
            var options = TransferOptions(configuration)
            options.measuresTime = context.observe != nil
            transfers = try Transfers(options: options)
        } catch {
            for position in plan.work.map(\.position) {
                ledger.fail(position, BrandFailure(.internal, "libcurl cannot be used: \(error.message)"))
            }
            return []
        }

        // A stop lets publications in progress end, for a while.
        let finished = DispatchSemaphore(value: 0)
        stop.onStop { transfers.cancel() }
        stop.signal(finished, after: StopRequest.timeToPublish)
        var ticks = [
            Self.tick("snippets", every: Self.snippetInterval) { [snippets] in snippets.publish(isLast: false) },
            Self.tick("disks", every: Self.diskInterval) { [watch = publication.directories.watch] in watch.giveUp() },
        ]
        if stores.isNeeded {
            ticks.append(Self.tick("stores", every: Self.storeInterval) { [stores] in stores.publish(isLast: false) })
        }

        context.observe?(.began(brands: plan.work.count))
        for _ in plan.work { group.enter() }
        fill(
            Exchange.Setting(
                configuration: configuration, secrets: secrets, watch: publication.directories.watch,
                transfers: transfers, endpoint: endpoint, deadline: deadline, context: context, stop: stop, lanes: lanes
            ))
        group.notify(queue: DispatchQueue(label: "end-of-work")) { @Sendable in _ = finished.signal() }
        finished.wait()
        for tick in ticks { tick.cancel() }
        transfers.cancel()
        return secrets.warnings
    }

    /// Calls `body` again and again, on a queue of its own, until it is cancelled.
    private static func tick(
        _ label: String, every interval: DispatchTimeInterval, _ body: @escaping @Sendable () -> Void
    ) -> any DispatchSourceTimer {
        let tick = DispatchSource.makeTimerSource(queue: DispatchQueue(label: label))
        tick.schedule(deadline: .now() + interval, repeating: interval)
        tick.setEventHandler { @Sendable in body() }
        tick.resume()
        return tick
    }

    // MARK: From one brand to the next

    /// Prepares brands until the window is full, unless that is being done.
    private func fill(_ setting: Exchange.Setting) {
        let starts = feed.withLock { feed in
            // Half a window at a time: one by one would wake a thread for each answer.
            guard !feed.isFilling, feed.next < plan.work.count, feed.ahead <= window / 2 else { return false }
            feed.isFilling = true
            return true
        }
        guard starts else { return }
        while true {
            let next = feed.withLock { feed -> RotationPlan.Work? in
                guard feed.next < plan.work.count, feed.ahead < window else {
                    feed.isFilling = false
                    return nil
                }
                let work = plan.work[feed.next]
                feed.next += 1
                if isCounted(work) { feed.ahead += 1 }
                return work
            }
            guard let next else { return }
            begin(next, setting)
        }
    }

    /// Whether a brand takes a place in the window. A command may hang for its whole timeout, and has lanes that bound
    /// how many there are: it takes nobody's place.
    private func isCounted(_ work: RotationPlan.Work) -> Bool {
        if case .request = work.step, configuration.brands[index(of: work)].secret.isCommand { return false }
        return true
    }

    private var window: Int { 2 * configuration.concurrency }

    /// Of the brand in the configuration.
    private func index(of work: RotationPlan.Work) -> Int { plan.brands[work.position] }

    private func begin(_ work: RotationPlan.Work, _ setting: Exchange.Setting) {
        let index = index(of: work)
        let began = ContinuousClock.now
        let giveWay: @Sendable () -> Void = { [self] in
            guard isCounted(work) else { return }
            feed.withLock { $0.ahead -= 1 }
            fill(setting)
        }
        switch work.step {
        case .repair(let token):
            lanes.async { [self] in
                record(.success(token), as: .repaired, attempts: 0, began, work)
                giveWay()
                group.leave()
            }
        case .request:
            let request: @Sendable () -> Void = { [self] in
                Exchange(index, in: setting, giveWay: giveWay) { [self] attempts, result in
                    record(result, as: .rotated, attempts: attempts, began, work)
                    group.leave()
                }.start()
            }
            (configuration.brands[index].secret.isCommand ? commands : preparation).async(request)
        }
    }

    // MARK: One brand's end

    /// Publishes what one brand got and writes its outcome down.
    /// - Parameter kind: what it is called when the token is in place.
    private func record(
        _ result: Result<Token, BrandFailure>, as kind: BrandOutcome.Kind, attempts: Int,
        _ began: ContinuousClock.Instant, _ work: RotationPlan.Work
    ) {
        var outcome: BrandOutcome
        var newToken: Token?
        switch result {
        case .failure(let failure):
            outcome = ledger.outcome(at: work.position)
            outcome.kind = failure.isOfStop ? .unfinished : .failed
            outcome.failure = failure
        case .success(let token):
            if kind == .rotated, !configuration.snippets.isEmpty || stores.isNeeded { newToken = token }
            outcome = ledger.begin(work.position)
            outcome.kind = kind
            publish(token, for: work, &outcome)
        }
        outcome.attempts = Int32(attempts)
        outcome.duration = .now - began
        context.observe?(.done(isFailure: outcome.failure != nil))
        var awaited: Ledger.Awaited?
        if newToken != nil {
            awaited = stores.awaited(work)
            awaited.merge(snippets.awaited(work))
        }
        ledger.record(outcome, newToken: newToken, awaited: awaited, at: work.position)
    }

    private func publish(_ token: Token, for work: RotationPlan.Work, _ outcome: inout BrandOutcome) {
        let brand = configuration.brands[index(of: work)]
        outcome.failure = nil
        outcome.issuedAt = token.issuedAt
        outcome.expiresAt = token.expiresAt
        let now = context.now()
        // The time in any answer may be wrong: the token's own counts, or the one that a granted request was signed with.
        let offset = SurveyedOutput.clockOffset(of: token, writtenAt: now)
        outcome.health = rule.health(
            of: token, brand: brand, writtenAt: now, clockOffset: offset == .zero ? endpoint.signingOffset : offset)
        for (index, output) in brand.outputs.enumerated() {
            // What the plan refuses stays as it is.
            if outcome.outputs[index].kind != .refused {
                outcome.outputs[index] = publication.publish(token, of: brand, to: output, over: work.before[index])
            }
            guard let failure = outcome.outputs[index].failure else { continue }
            outcome.failure = outcome.failure ?? failure
            outcome.kind = .failed
            outcome.health = max(outcome.health, work.before[index].health)
        }
        outcome.isHidden =
            outcome.isHidden && outcome.outputs.contains { $0.kind == .refused || $0.kind == .failed }
        if outcome.failure == nil, outcome.health != .outlivesNextRun {
            outcome.kind = .shortLived
            let end = token.expiresAt.map { " until \($0)" } ?? ""
            outcome.failure = BrandFailure(
                .shortLived,
                "DOKU granted a token\(end) that does not outlive the next run: it needs "
                    + "\(DurationText.render(rule.needed)); run more often, or ask for a longer valid_time")
        }
    }
}
