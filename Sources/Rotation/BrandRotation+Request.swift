// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Synchronization
internal import TokenAPI

// Sign → send → judge, until there is a token or no further attempt.

extension BrandRotation {
    private struct Attempt: Sendable {
        var number = 1
        var requestID: String
        var notBefore: ContinuousClock.Instant?
        /// Whether the single retry after a malformed response was used.
        var isSingleRetryUsed = false
        /// Whether the single retry with a corrected clock was used.
        var isClockUsed = false
        /// Whether the last attempt got no response. Its HTTP/2 connection may be dead, so the next attempt must not
        /// reuse it.
        var needsFreshConnection = false
        /// The clock offset that a response to this brand suggests; no granted token has confirmed it yet.
        var unconfirmedOffset: Duration?
        /// Whether this attempt is the first that is signed with ``unconfirmedOffset``.
        var testsOffset = false
        /// Why the attempt before this one failed.
        var earlierFailure: BrandFailure?
    }

    func requestToken(with secret: Secret, _ attempts: inout Int) async throws(BrandFailure) -> Token {
        let client = try TokenClients.make(for: brand, secret: secret, configuration: run.configuration)
        var attempt = Attempt(requestID: RandomIdentifier.make())
        while true {
            let sending = await send(attempt, client)
            if sending.isSent { attempts += 1 }
            if attempt.number == 1 { place.leave() }
            if let reason = reasonToStop(after: sending) {
                let failure = reason.failure(after: cause(of: attempt, sending))
                report(attempt, sending, failure)
                throw failure
            }
            resources.endpoint.note(sending.result, at: Timestamp.now)
            let now = Timestamp.now.advanced(by: sending.offset)
            switch client.judge(sending.result, requestID: attempt.requestID, now: now) {
            case .granted(let token):
                // The offset is confirmed, so all brands sign with it.
                if let offset = attempt.unconfirmedOffset { resources.endpoint.sign(withOffset: offset) }
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

    /// What the brand waited for when the run ended.
    private func cause(of attempt: Attempt, _ sending: Sending) -> String? {
        sending.isSent
            ? "attempt \(attempt.number) had no response from \(run.configuration.endpoint.authority)"
            : attempt.earlierFailure.map { "attempt \(attempt.number - 1) failed: \($0.message)" }
    }

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
            resources.http.submit(notBefore: attempt.notBefore, goesFirst: attempt.testsOffset) { [run] in
                // The signature covers the timestamp, so each attempt is signed just before it is sent.
                run.context.observe?(.sent)
                let offset = attempt.unconfirmedOffset ?? resources.endpoint.signingOffset
                signed.set(offset)
                var request = client.request(id: attempt.requestID, at: Timestamp.now.advanced(by: offset))
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
        let isUsed = if case .correctedClock = advice { attempt.isClockUsed } else { attempt.isSingleRetryUsed }
        let decision = RetryPolicy(attempts: run.configuration.attempts).next(
            after: attempt.number, advice: advice, remaining: run.deadline - ContinuousClock.now,
            random: run.context.random(), isSingleRetryUsed: isUsed)
        let refusal = decision == nil ? nil : resources.endpoint.refusal(of: advice)
        guard let decision, refusal == nil else {
            let last = refusal.map { BrandFailure(failure.code, "\(failure.message); \($0)") } ?? failure
            report(attempt, sending, last)
            throw last
        }
        var next = attempt
        next.number += 1
        next.earlierFailure = failure
        next.notBefore = .now + decision.wait
        next.testsOffset = false
        next.needsFreshConnection = if case .failure = sending.result { true } else { false }
        switch advice {
        case .correctedClock(let further):
            next.unconfirmedOffset = sending.offset + further
            next.testsOffset = true
            next.isClockUsed = true
        case .once: next.isSingleRetryUsed = true
        case .transient, .never: break
        }
        if decision.identity == .fresh { next.requestID = RandomIdentifier.make() }
        report(attempt, sending, failure, retryDelay: decision.wait)
        return next
    }

    private func report(
        _ attempt: Attempt, _ sending: Sending, _ failure: BrandFailure?, retryDelay wait: Duration? = nil
    ) {
        guard let observe = run.context.observe, sending.isSent else { return }
        let (status, timing): (Int?, HTTPTiming?) =
            switch sending.result {
            case .success(let reply): (reply.status, reply.timing)
            case .failure(let error): (nil, error.timing)
            }
        observe(
            .responded(
                RunEvent.Attempt(
                    brand: brand.name, number: attempt.number, failure: failure, retryDelay: wait, status: status,
                    timing: timing)))
    }
}

/// The clock offset that a request was signed with; nil until it is signed.
private final class SignedOffset: Sendable {
    private let offset = Mutex<Duration?>(nil)

    var value: Duration? { offset.withLock { $0 } }

    func set(_ value: Duration) { offset.withLock { $0 = value } }
}
