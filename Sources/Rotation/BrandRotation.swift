// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Processes
internal import Publishing
internal import Secrets
internal import TokenAPI

/// The processing of one brand in a run, from its published outputs to its new token:
/// read outputs → decide (both in ``BrandJob``) → read secret → sign → send → judge → publish → record.
///
/// The task runs on threads of the pool, because files may block it. It holds no thread while it waits for the response.
struct BrandRotation: Sendable {
    let job: BrandJob
    let resources: RunResources
    /// Released when the first response arrives, or before the brand waits for a program.
    let place: StartWindow.Place

    var brand: Brand { job.brand }
    var run: RotationRun { resources.run }

    func perform() async {
        let began = ContinuousClock.now
        // Requests sent.
        var attempts = 0
        do throws(BrandFailure) {
            if let reason = run.stop.reason { throw reason.failure }
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
        let source = brand.secret
        // A program may take its whole timeout. Other brands may start meanwhile.
        if source.isCommand { place.leave() }
        let pool = source.isCommand ? resources.commands : run.pool
        let result = await pool.value(within: source.isCommand ? nil : run.configuration.patience) {
            [run, resources] in
            Result { () throws(BrandFailure) in
                try resources.secrets.secret(
                    from: source, isHanging: run.directories.isHanging, isCancelled: { run.stop.reason != nil })
            }
        }
        return try (result ?? .failure(SecretReader.hangingFailure(of: source)))
            .mapError { run.stop.reason?.failure ?? $0 }.get()
    }

    // MARK: Publish, record

    private func publish(
        _ token: Token, as kind: BrandOutcome.Kind, attempts: Int, _ began: ContinuousClock.Instant
    ) {
        guard var (outcome, outputs) = job.beginPublishing() else { return }
        outcome.kind = kind
        write(token, &outcome, &outputs)
        outcome.attempts = Int32(attempts)
        outcome.duration = .now - began
        run.context.observe?(.done(isFailure: outcome.failure != nil))
        let isShared = kind == .rotated && resources.shared.isNeeded(for: brand)
        job.finish(outcome, outputs, awaitsShared: isShared)
        if isShared { resources.shared.add(token, of: brand) }
    }

    private func write(_ token: Token, _ outcome: inout BrandOutcome, _ outputs: inout [BrandJob.Output]) {
        outcome.failure = nil
        outcome.issuedAt = token.issuedAt
        outcome.expiresAt = token.expiresAt
        let now = Timestamp.now
        // A `Date` header may be wrong. Use the token's own issue time, or the offset of a granted request.
        let offset = OutputSnapshot.clockOffset(of: token, writtenAt: now)
        outcome.health = run.policy.health(
            of: token, brand: brand, writtenAt: now,
            clockOffset: offset == .zero ? resources.endpoint.signingOffset : offset)
        for (index, output) in brand.outputs.enumerated() {
            // A refused output is not written, and neither is one that holds the token already.
            if outputs[index].outcome.kind != .refused, !outputs[index].holds(token) {
                outputs[index].outcome = run.directories.publish(
                    token, of: brand, to: output, isNew: outputs[index].isMissing, barrier: resources.barrier)
            }
            guard let failure = outputs[index].outcome.failure else { continue }
            outcome.failure = outcome.failure ?? failure
            outcome.kind = .failed
            outcome.health = max(outcome.health, outputs[index].health)
        }
        outcome.hasUnreadableOutputs =
            outcome.hasUnreadableOutputs
            && outputs.contains { $0.outcome.kind == .refused || $0.outcome.kind == .failed }
        guard outcome.failure == nil, outcome.health != .outlivesNextRun else { return }
        outcome.kind = .shortLived
        let end = token.expiresAt.map { " at \($0)," } ?? ""
        outcome.failure = BrandFailure(
            .shortLived,
            "DOKU granted a token that expires\(end) before the next run can replace it; a token must last "
                + "\(DurationText.render(run.policy.needed)), so run more often or set a longer valid_time")
    }
}

/// A run in progress, and what its brands share to request and publish tokens.
struct RunResources: Sendable {
    let run: RotationRun
    let secrets: SecretReader
    let http: HTTPClient
    let endpoint: EndpointHealth
    let shared: SharedPublisher
    /// Passed before the first file changes.
    let barrier: WriteBarrier?
    /// Runs programs that print a secret.
    let commands: WorkerPool
}
