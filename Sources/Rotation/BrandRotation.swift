// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import DurableFiles
internal import Model
internal import Processes
internal import Publishing
internal import Secrets
internal import Synchronization
internal import TokenAPI

/// The processing of one brand in a run, from its published outputs to its new token:
/// read outputs → decide (both in ``BrandJob``) → read secret → sign → send → judge → publish → record.
///
/// Every path ends in exactly one outcome. The task runs on threads of the pool, because files may block it. It holds
/// no thread while it waits for the response.
struct BrandRotation: Sendable {
    let job: BrandJob
    let run: RunResources
    /// Released when the first response arrives, or before the brand waits for a program.
    let place: StartWindow.Place

    private var brand: Brand { job.brand }

    /// Processes the brand and records its outcome.
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
        // A program may take its whole timeout. Other brands may start meanwhile.
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

    /// The state that one attempt passes to the next.
    private struct Attempt: Sendable {
        var number = 1
        var requestID: String
        var notBefore: ContinuousClock.Instant?
        /// Whether the single retry after a malformed response was used.
        var isOnceUsed = false
        /// Whether the single retry with a corrected clock was used.
        var isClockUsed = false
        /// Whether the last attempt got no response. Its HTTP/2 connection may be dead, so the next attempt must not
        /// reuse it.
        var needsFreshConnection = false
        /// The clock offset that a response to this brand suggests; no granted token has confirmed it yet.
        var supposedOffset: Duration?
        /// Whether this attempt is the first that is signed with ``supposedOffset``.
        var provesOffset = false
    }

    private func requestToken(with secret: Secret, _ attempts: inout Int) async throws(BrandFailure) -> Token {
        let client = try TokenClients.make(for: brand, secret: secret, configuration: run.configuration)
        var attempt = Attempt(requestID: run.context.requestID())
        while true {
            let sending = await send(attempt, client)
            if sending.isSent { attempts += 1 }
            if attempt.number == 1 { place.leave() }
            if case .failure(let error) = sending.result, error.kind == .cancelled, let reason = run.stop.reason {
                report(attempt, sending, reason.failure)
                throw reason.failure
            }
            run.endpoint.note(sending.result, at: run.context.now())
            let now = run.context.now().advanced(by: sending.offset)
            switch client.judge(sending.result, requestID: attempt.requestID, now: now) {
            case .granted(let token):
                // The offset is confirmed, so all brands sign with it.
                if let offset = attempt.supposedOffset { run.endpoint.sign(withOffset: offset) }
                report(attempt, sending, nil)
                return token
            case .failed(let failure, let advice):
                attempt = try next(after: attempt, sending, failure, advice)
            }
        }
    }

    /// The result of one attempt's request.
    private struct Sending: Sendable {
        let result: Result<HTTPResponse, CurlError>
        /// The offset that was added to this host's clock for the signature.
        let offset: Duration
        /// False if the request was cancelled before it was sent.
        let isSent: Bool
    }

    private func send(_ attempt: Attempt, _ client: any TokenClient) async -> Sending {
        let signed = SignedOffset()
        let result = await withCheckedContinuation { continuation in
            // A confirmed offset saves every other brand a failed attempt, so this request is sent before theirs.
            run.http.submit(notBefore: attempt.notBefore, goesFirst: attempt.provesOffset) { [run] in
                // The signature covers the timestamp, so each attempt is signed just before it is sent.
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

    /// Decides whether there is another attempt.
    /// - Throws: the brand's failure, to give up.
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

    /// Whether the endpoint's health forbids another attempt. If so, the failure's message says why.
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
        // A `Date` header may be wrong. Use the token's own issue time, or the offset of a granted request.
        let offset = OutputSnapshot.clockOffset(of: token, writtenAt: now)
        outcome.health = run.policy.health(
            of: token, brand: brand, writtenAt: now,
            clockOffset: offset == .zero ? run.endpoint.signingOffset : offset)
        for (index, output) in brand.outputs.enumerated() {
            // A refused output is not written.
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
        let end = token.expiresAt.map { " at \($0)," } ?? ""
        outcome.failure = BrandFailure(
            .shortLived,
            "DOKU granted a token that expires\(end) before the next run can replace it; a token must last "
                + "\(DurationText.render(run.policy.needed)), so run more often or set a longer valid_time")
    }
}

/// The clock offset that a request was signed with; nil until it is signed.
private final class SignedOffset: Sendable {
    private let offset = Mutex<Duration?>(nil)

    var value: Duration? { offset.withLock { $0 } }

    func set(_ value: Duration) { offset.withLock { $0 = value } }
}

/// The resources that all brands of a run share.
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
    /// Runs programs that print a secret.
    let commands: WorkerPool
    let barrier: WriteBarrier?
    let stop: Cancellation
    /// When all tokens must be published.
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
