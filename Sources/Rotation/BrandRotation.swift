// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import DurableFiles
internal import Model
internal import Processes
internal import Publishing
internal import Secrets
internal import Synchronization
internal import TokenAPI

/// One brand's life in a run, from its published outputs to a new token in place:
/// read outputs → decide (both in ``BrandJob``) → read secret → sign → send → judge → publish → record.
///
/// Every path ends in exactly one outcome. The task runs on threads of the pool, so that files may block it. It waits
/// for the response without a thread.
struct BrandRotation: Sendable {
    let job: BrandJob
    let run: RunResources
    /// Given back when the first response is there, or the brand waits for a program.
    let place: StartWindow.Place

    private var brand: Brand { job.brand }

    /// Brings the brand to its outcome.
    func perform() async {
        let began = ContinuousClock.now
        // Requests sent.
        var attempts = 0
        do throws(BrandFailure) {
            switch job.step {
            case .nothing: break
            case .repair(let token): publish(token, as: .repaired, attempts: 0, began)
            case .request:
                let secret = try await readSecret()
                let token = try await requestToken(with: secret, &attempts)
                publish(token, as: .rotated, attempts: attempts, began)
            }
        } catch {
            job.fail(error, attempts: attempts, duration: .now - began)
            run.context.observe?(.done(isFailure: true))
        }
        place.leave()
    }

    // MARK: Read secret

    private func readSecret() async throws(BrandFailure) -> Secret {
        if let reason = run.stop.reason { throw reason.failure }
        let source = brand.secret
        // A program may take its whole timeout: it keeps nobody else from starting.
        if source.isCommand { place.leave() }
        let pool = source.isCommand ? run.commands : run.pool
        let result = await pool.value(within: source.isCommand ? nil : run.configuration.patience) {
            [run] () -> Result<Secret, BrandFailure> in
            do throws(BrandFailure) {
                return .success(
                    try run.secrets.secret(
                        from: source, isHanging: run.publication.directories.isHanging,
                        isCancelled: { run.stop.reason != nil }))
            } catch {
                return .failure(error)
            }
        }
        do throws(BrandFailure) {
            return try (result ?? .failure(SecretReader.hangingFailure(of: source))).get()
        } catch {
            throw run.stop.reason?.failure ?? error
        }
    }

    // MARK: Sign, send, judge

    /// What a further attempt depends on.
    private struct Attempt: Sendable {
        var number = 1
        var requestID: String
        var notBefore: ContinuousClock.Instant?
        /// Whether an advice that holds once was taken: that of a response that made no sense, and that of a wrong clock.
        var isOnceUsed = false
        var isClockUsed = false
        /// Whether the last attempt got no response. Over HTTP/2 the next one would use the same connection, which may
        /// lead nowhere any more.
        var needsFreshConnection = false
        /// What a response to this brand alone made the clock's offset seem to be.
        var supposedOffset: Duration?
        /// Whether this attempt is the first that is signed with it.
        var provesOffset = false
    }

    private func requestToken(with secret: Secret, _ attempts: inout Int) async throws(BrandFailure) -> Token {
        let client = try TokenClients.make(for: brand, secret: secret, configuration: run.configuration)
        var attempt = Attempt(requestID: run.context.requestID())
        while true {
            let sending = await send(attempt, client)
            if sending.isSent { attempts += 1 }
            if attempt.number == 1 { place.leave() }
            if let reason = reasonToStop(after: sending) {
                report(attempt, sending, reason.failure)
                throw reason.failure
            }
            run.endpoint.note(sending.result, at: run.context.now())
            let now = run.context.now().advanced(by: sending.offset)
            switch client.judge(sending.result, requestID: attempt.requestID, now: now) {
            case .granted(let token):
                // It was right: the other brands need not find out themselves.
                if let offset = attempt.supposedOffset { run.endpoint.sign(withOffset: offset) }
                report(attempt, sending, nil)
                return token
            case .failed(let failure, let advice):
                attempt = try next(after: attempt, sending, failure, advice)
            }
        }
    }

    /// Why the run ended this attempt; nil if it did not. A request that times out with the run is the run's end too.
    private func reasonToStop(after sending: Sending) -> Cancellation.Reason? {
        guard case .failure(let error) = sending.result else { return nil }
        if error.kind == .timedOut, ContinuousClock.now >= run.deadline { return run.stop.reason ?? .deadline }
        return error.kind == .cancelled ? run.stop.reason : nil
    }

    /// One attempt's request, at its end.
    private struct Sending: Sendable {
        let result: Result<HTTPResponse, CurlError>
        /// What was added to this host's clock to sign it.
        let offset: Duration
        /// False for a request that was taken back before it was sent.
        let isSent: Bool
    }

    private func send(_ attempt: Attempt, _ client: any TokenClient) async -> Sending {
        let signed = SignedOffset()
        let result = await withCheckedContinuation { continuation in
            // A corrected time that proves right spares the others an attempt in vain: it does not queue behind them.
            run.http.submit(notBefore: attempt.notBefore, goesFirst: attempt.provesOffset) { [run] in
                // Signed when there is a place to send it, on every attempt: the timestamp is part of the signature.
                run.context.observe?(.sent)
                let offset = attempt.supposedOffset ?? run.endpoint.signingOffset
                signed.set(offset)
                var request = client.request(id: attempt.requestID, at: run.context.now().advanced(by: offset))
                request.needsFreshConnection = attempt.needsFreshConnection
                return request
            } completion: { result in
                continuation.resume(returning: result)
            }
        }
        let offset = signed.value
        return Sending(result: result, offset: offset ?? .zero, isSent: offset != nil)
    }

    /// Decides about a further attempt.
    /// - Throws: the failure that the brand ends with.
    private func next(
        after attempt: Attempt, _ sending: Sending, _ failure: BrandFailure, _ advice: RetryDecision
    ) throws(BrandFailure) -> Attempt {
        let isUsed = if case .correctedClock = advice { attempt.isClockUsed } else { attempt.isOnceUsed }
        let decision = RetryPolicy(attempts: run.configuration.attempts).next(
            after: attempt.number, advice: advice, remaining: run.deadline - ContinuousClock.now,
            random: run.context.random(), isOnceUsed: isUsed)
        var last = failure
        guard let decision, !refuses(advice, &last) else {
            report(attempt, sending, last)
            throw last
        }
        var next = attempt
        next.number += 1
        next.notBefore = .now + decision.wait
        next.provesOffset = false
        next.needsFreshConnection = if case .failure = sending.result { true } else { false }
        switch advice {
        case .correctedClock(let further):
            next.supposedOffset = sending.offset + further
            next.provesOffset = true
            next.isClockUsed = true
        case .once: next.isOnceUsed = true
        case .passing, .never: break
        }
        if decision.identity == .fresh { next.requestID = run.context.requestID() }
        report(attempt, sending, failure, triedAgainIn: decision.wait)
        return next
    }

    /// Whether the endpoint's health forbids a further attempt, which the failure then says.
    private func refuses(_ advice: RetryDecision, _ failure: inout BrandFailure) -> Bool {
        guard let refusal = run.endpoint.refusal(of: advice) else { return false }
        failure = BrandFailure(failure.code, "\(failure.message); \(refusal)")
        return true
    }

    private func report(
        _ attempt: Attempt, _ sending: Sending, _ failure: BrandFailure?, triedAgainIn wait: Duration? = nil
    ) {
        guard let observe = run.context.observe, sending.isSent else { return }
        let (status, timing): (Int?, HTTPTiming?) =
            switch sending.result {
            case .success(let reply): (reply.status, reply.timing)
            case .failure(let error): (nil, error.timing)
            }
        observe(
            .answered(
                RunEvent.Attempt(
                    brand: brand.name, number: attempt.number, failure: failure, triedAgainIn: wait, status: status,
                    timing: timing.map(AttemptTiming.init))))
    }

    // MARK: Publish, record

    private func publish(
        _ token: Token, as kind: BrandOutcome.Kind, attempts: Int, _ began: ContinuousClock.Instant
    ) {
        var (outcome, outputs) = job.beginPublishing()
        outcome.kind = kind
        write(token, &outcome, &outputs)
        outcome.attempts = Int32(attempts)
        outcome.duration = .now - began
        run.context.observe?(.done(isFailure: outcome.failure != nil))
        let isShared = kind == .rotated && run.shared.isNeeded(for: brand)
        job.finish(outcome, outputs, awaitsShared: isShared)
        if isShared { run.shared.add(token, of: brand) }
    }

    private func write(_ token: Token, _ outcome: inout BrandOutcome, _ outputs: inout [BrandJob.Output]) {
        outcome.failure = nil
        outcome.issuedAt = token.issuedAt
        outcome.expiresAt = token.expiresAt
        let now = run.context.now()
        // The time in any response may be wrong: the token's own counts, or the one that a granted request was signed
        // with.
        let offset = OutputSnapshot.clockOffset(of: token, writtenAt: now)
        outcome.health = run.policy.health(
            of: token, brand: brand, writtenAt: now,
            clockOffset: offset == .zero ? run.endpoint.signingOffset : offset)
        for (index, output) in brand.outputs.enumerated() {
            // What was refused stays as it is.
            if !outputs[index].isRefused {
                outputs[index].outcome = run.publication.publish(
                    token, of: brand, to: output, over: outputs[index].previous, barrier: run.barrier)
            }
            guard let failure = outputs[index].outcome.failure else { continue }
            outcome.failure = outcome.failure ?? failure
            outcome.kind = .failed
            outcome.health = max(outcome.health, outputs[index].previous.health)
        }
        outcome.isHidden =
            outcome.isHidden && outputs.contains { $0.outcome.kind == .refused || $0.outcome.kind == .failed }
        guard outcome.failure == nil, outcome.health != .outlivesNextRun else { return }
        outcome.kind = .shortLived
        let end = token.expiresAt.map { " until \($0)" } ?? ""
        outcome.failure = BrandFailure(
            .shortLived,
            "DOKU granted a token\(end) that does not outlive the next run: it needs "
                + "\(DurationText.render(run.policy.needed)); run more often, or ask for a longer valid_time")
    }
}

/// The clock offset that a request was signed with; nil before.
private final class SignedOffset: Sendable {
    private let offset = Mutex<Duration?>(nil)

    var value: Duration? { offset.withLock { $0 } }

    func set(_ value: Duration) { offset.withLock { $0 = value } }
}

/// What all brands of a run share.
final class RunResources: Sendable {
    let configuration: Configuration
    let context: RunContext
    let policy: RenewalPolicy
    let secrets: SecretReader
    let http: HTTPClient
    let endpoint: EndpointHealth
    let publication: Publication
    let shared: SharedPublisher
    let pool: WorkerPool
    /// For programs that print a secret.
    let commands: WorkerPool
    let barrier: WriteBarrier?
    let stop: Cancellation
    /// When the tokens must be done.
    let deadline: ContinuousClock.Instant

    init(
        _ rotation: TokenRotation, secrets: SecretReader, http: HTTPClient, endpoint: EndpointHealth,
        shared: SharedPublisher,
        barrier: WriteBarrier?
    ) {
        configuration = rotation.configuration
        context = rotation.context
        policy = rotation.policy
        publication = rotation.publication
        pool = rotation.pool
        stop = rotation.stop
        deadline = rotation.deadline
        commands = WorkerPool(width: max(8, min(64, rotation.configuration.concurrency)))
        self.secrets = secrets
        self.http = http
        self.endpoint = endpoint
        self.shared = shared
        self.barrier = barrier
    }
}
