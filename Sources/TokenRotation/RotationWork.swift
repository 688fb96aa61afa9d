// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import DurableFiles
internal import Synchronization

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
    private let stop: StopRequest
    private let deadline: ContinuousClock.Instant

    /// Positions in the plan that need work.
    private let positions: [Int]
    private let feed = Mutex(Feed())
    private let group = DispatchGroup()
    private let lanes = Lanes(label: "publication")
    /// A command may take its whole timeout: it has lanes of its own, as many as there may be requests.
    private let commands: Lanes
    /// Where secrets are read: a file may be on a disk that hangs.
    private let preparation = Lanes(label: "preparation")
    private let snippets: SnippetPublisher

    /// How far the preparation is ahead of the answers.
    private struct Feed: Sendable {
        /// Index into ``positions`` of the next brand to prepare.
        var next = 0
        /// Brands prepared whose first attempt has not ended.
        var ahead = 0
        var isFilling = false
    }

    /// How long a token waits for others before the files that many brands share are written.
    private static let snippetInterval = DispatchTimeInterval.seconds(1)

    init(
        plan: RotationPlan, configuration: Configuration, rule: DueRule, publication: Publication, ledger: Ledger,
        snippets: SnippetPublisher, context: RunContext, stop: StopRequest, deadline: ContinuousClock.Instant
    ) {
        self.plan = plan
        self.configuration = configuration
        self.rule = rule
        self.publication = publication
        self.ledger = ledger
        self.snippets = snippets
        commands = Lanes(label: "secret-command", count: max(8, min(64, configuration.concurrency)))
        self.context = context
        self.stop = stop
        self.deadline = deadline
        positions = plan.entries.indices.filter { plan.entries[$0].verdict.needsWork }
    }

    /// Returns when every brand has its outcome, or a stop has taken its time.
    /// - Returns: what is not as safe as it should be.
    func perform() -> [String] {
        let transfers: Transfers
        do throws(CurlError) {
            transfers = try Transfers(options: TransferOptions(configuration))
        } catch {
            for position in positions {
                ledger.fail(position, BrandFailure(.internal, "libcurl cannot be used: \(error.message)"))
            }
            return []
        }
        let secrets = SecretReader(for: positions.lazy.map { self.configuration.brands[self.plan.entries[$0].brand] })

        // The deadline is a stop of its own; either stop lets publications in progress end, for a while.
        let finished = DispatchSemaphore(value: 0)
        let timer = DispatchQueue(label: "deadline")
        let left = Int(max(.zero, deadline - ContinuousClock.now).wholeMilliseconds)
        timer.asyncAfter(deadline: .now() + .milliseconds(left)) { @Sendable [stop] in stop.stop(.deadline) }
        stop.onStop { transfers.cancel() }
        stop.signal(finished, after: StopRequest.timeToPublish)
        let shared = DispatchQueue(label: "snippets")
        let tick = DispatchSource.makeTimerSource(queue: shared)
        tick.schedule(deadline: .now() + Self.snippetInterval, repeating: Self.snippetInterval)
        tick.setEventHandler { @Sendable [snippets] in snippets.publish() }
        tick.resume()

        for _ in positions { group.enter() }
        fill(transfers, secrets)
        group.notify(queue: timer) { @Sendable in _ = finished.signal() }
        finished.wait()
        tick.cancel()
        transfers.cancel()
        return secrets.warnings
    }

    // MARK: From one brand to the next

    /// Prepares brands until the window is full, unless that is being done.
    private func fill(_ transfers: Transfers, _ secrets: SecretReader) {
        let starts = feed.withLock { feed in
            // Half a window at a time: one by one would wake a thread for each answer.
            guard !feed.isFilling, feed.next < positions.count, feed.ahead <= window / 2 else { return false }
            feed.isFilling = true
            return true
        }
        guard starts else { return }
        while true {
            let position = feed.withLock { feed -> Int? in
                guard feed.next < positions.count, feed.ahead < window else {
                    feed.isFilling = false
                    return nil
                }
                defer {
                    feed.next += 1
                    feed.ahead += 1
                }
                return positions[feed.next]
            }
            guard let position else { return }
            begin(position, transfers, secrets)
        }
    }

    private var window: Int { 4 * configuration.concurrency }

    private func begin(_ position: Int, _ transfers: Transfers, _ secrets: SecretReader) {
        let entry = plan.entries[position]
        let brand = configuration.brands[entry.brand]
        let began = ContinuousClock.now
        let giveWay: @Sendable () -> Void = { [self] in
            feed.withLock { $0.ahead -= 1 }
            fill(transfers, secrets)
        }
        switch entry.verdict {
        case .repair, .fresh, .impossible:
            lanes.async { [self] in
                record(nil, attempts: 0, began, position)
                giveWay()
                group.leave()
            }
        case .request:
            let request: @Sendable () -> Void = { [self] in
                Exchange(
                    brand: brand, configuration: configuration, secrets: secrets, transfers: transfers,
                    deadline: deadline, context: context, stop: stop, lanes: lanes, giveWay: giveWay
                ) { [self] attempts, result in
                    record(result, attempts: attempts, began, position)
                    group.leave()
                }.start()
            }
            if case .command = brand.secret { commands.async(request) } else { preparation.async(request) }
        }
    }

    // MARK: One brand's end

    /// Publishes what one brand got and writes its outcome down.
    /// - Parameter result: nil where the token at hand is to be published again.
    private func record(
        _ result: Result<Token, BrandFailure>?, attempts: Int, _ began: ContinuousClock.Instant, _ position: Int
    ) {
        let entry = plan.entries[position]
        let brand = configuration.brands[entry.brand]
        var outcome = entry.outcome
        outcome.attempts = attempts
        var newToken: Token?
        switch result {
        case .failure(let failure):
            outcome.kind = failure.code == .deadlineExceeded || failure.code == .stopped ? .unfinished : .failed
            outcome.failure = failure
        case .success(let token):
            newToken = token
            publish(token, of: brand, entry, .rotated, &outcome)
        case nil:
            if let token = entry.token { publish(token, of: brand, entry, .repaired, &outcome) }
        }
        outcome.duration = .now - began
        ledger.record(outcome, newToken: configuration.snippets.isEmpty ? nil : newToken, at: position)
    }

    private func publish(
        _ token: Token, of brand: Brand, _ entry: RotationPlan.Entry, _ kind: BrandOutcome.Kind,
        _ outcome: inout BrandOutcome
    ) {
        outcome.kind = kind
        outcome.failure = nil
        outcome.issuedAt = token.issuedAt
        outcome.expiresAt = token.expiresAt
        outcome.health = rule.health(of: token, brand: brand, writtenAt: context.now())
        for (index, output) in brand.outputs.enumerated() {
            let written = publication.publish(token, of: brand, to: output, over: entry.before[index])
            outcome.outputs[index] = written
            switch written.kind {
            case .failed, .refused:
                let code: BrandFailure.Code = written.kind == .failed ? .outputNotWritten : .outputRefused
                outcome.failure = outcome.failure ?? BrandFailure(code, written.message ?? "an output was not written")
                outcome.kind = .failed
                outcome.health = max(outcome.health, entry.before[index].health)
            case .unchanged, .written, .due, .durabilityUnknown: break
            }
        }
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

extension TransferOptions {
    /// What a configuration says about how its endpoint is reached.
    fileprivate init(_ configuration: Configuration) {
        self.init(userAgent: "doku-token-rotator/\(ProgramVersion.text)")
        concurrency = configuration.concurrency
        connections = configuration.connections
        connectTimeout = configuration.connectTimeout
        requestTimeout = configuration.requestTimeout
        keptHeaders = TokenResponse.readHeaders
        proxy = configuration.proxy
        allowsPlainHTTP = configuration.endpoint.scheme == "http"
        if let file = configuration.tls.caFile {
            tls = .file(file)
        } else if let directory = configuration.tls.caDirectory {
            tls = .directory(directory)
        } else {
            tls = .system()
        }
    }
}
