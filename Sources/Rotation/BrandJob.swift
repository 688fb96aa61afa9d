// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import Publishing
internal import Synchronization

/// The state of one brand in a run: the outputs as read, the next step, and the outcome.
///
/// A run may have 10,000 brands, so a job is small. It keeps a token only to publish it again.
package final class BrandJob: Sendable {
    package enum Step: Sendable {
        case nothing
        case request
        /// Publish the current token again.
        indirect case repair(Token)
    }

    /// One output of the brand: its own file, or its entry in a shared destination.
    package struct Output: Sendable {
        package var outcome: OutputOutcome
        /// The hash of its token before the run, if it is as configured. The same token is not written again.
        var tokenHash: Int?
        /// Of its token before the run.
        var health = TokenHealth.unusable

        var isMissing: Bool { tokenHash == nil && health == .unusable }

        func holds(_ token: Token) -> Bool { tokenHash != nil && tokenHash == token.text.hashValue }
    }

    private enum Progress: Sendable {
        case open
        case publishing
        case done
    }

    private struct State: Sendable {
        var outcome: BrandOutcome
        /// The brand's own files, followed by its entries in shared destinations.
        var outputs: [Output]
        var progress: Progress
        /// Paths of the shared entries to which the new token is not written yet.
        /// nil if there is no new token for them.
        var awaited: Set<String>?
        /// Whether a write counts as failed, but may have taken effect.
        var mayHaveChanged = false
        var isClosed = false
    }

    package let brand: Brand
    package let step: Step
    /// Whether the token has expired, or may expire before a delayed run ends.
    let isUrgent: Bool
    private let state: Mutex<State>

    private init(_ brand: Brand, _ step: Step, isUrgent: Bool, _ outcome: BrandOutcome, _ outputs: [Output]) {
        self.brand = brand
        self.step = step
        self.isUrgent = isUrgent
        let progress: Progress = if case .nothing = step { .done } else { .open }
        state = Mutex(State(outcome: outcome, outputs: outputs, progress: progress))
    }

    /// Creates the job of a brand that the run did not examine before it was stopped.
    convenience init(unexamined brand: Brand, _ failure: BrandFailure?) {
        var outcome = BrandOutcome(name: brand.name, clientID: brand.clientID, kind: .unfinished, health: .unusable)
        outcome.failure = failure
        let outputs = brand.outputs.map { output in
            Output(outcome: OutputOutcome(path: output.path, kind: .unchanged))
        }
        outcome.hasUnreadableOutputs = true
        self.init(brand, .nothing, isUrgent: false, outcome, outputs)
    }

    /// Examines a brand and chooses its step. If it needs work, checks whether new files can be created.
    convenience init(
        _ brand: Brand, _ snapshots: [OutputSnapshot], policy: RenewalPolicy, directories: OutputDirectories
    ) {
        var snapshots = snapshots
        var verdict = policy.verdict(on: brand, outputs: snapshots)
        if verdict.needsWork, Self.refuseUnwritable(&snapshots, directories) {
            verdict = policy.verdict(on: brand, outputs: snapshots)
        }
        var outcome = BrandOutcome(
            name: brand.name, clientID: brand.clientID, kind: verdict == .fresh ? .fresh : .failed,
            health: .outlivesNextRun)
        var step = Step.nothing
        var outputs: [Output] = []
        outputs.reserveCapacity(snapshots.count)
        var isKnownUnusable = false
        for snapshot in snapshots {
            let health = policy.health(of: snapshot, brand: brand)
            outcome.health = max(outcome.health, health)
            var output = OutputOutcome(path: snapshot.path, kind: .unchanged)
            var tokenHash: Int?
            switch snapshot.state {
            case .token(let token):
                isKnownUnusable = isKnownUnusable || health == .unusable
                if outcome.expiresAt.map({ $0 > token.expiresAt ?? $0 }) ?? true {
                    outcome.issuedAt = token.issuedAt
                    outcome.expiresAt = token.expiresAt
                }
                if verdict == .repair { step = .repair(token) }
                if snapshot.isAsConfigured { tokenHash = token.text.hashValue }
            case .noToken(let absence):
                output.message = absence.words
                if absence == .inaccessible { outcome.hasUnreadableOutputs = true } else { isKnownUnusable = true }
            }
            if let refusal = snapshot.refusal {
                output = OutputOutcome(
                    path: snapshot.path, kind: refusal.isOfStop ? .unchanged : .refused, message: refusal.message,
                    code: refusal.code)
                outcome.failure = outcome.failure ?? refusal
                outcome.kind = refusal.isOfStop ? .unfinished : .failed
            }
            outputs.append(Output(outcome: output, tokenHash: tokenHash, health: health))
        }
        outcome.hasUnreadableOutputs = outcome.hasUnreadableOutputs && !isKnownUnusable
        var isUrgent = false
        if case .request(let reason) = verdict {
            outcome.reason = reason
            step = .request
            isUrgent = snapshots.contains { policy.isUrgent($0, brand: brand) }
        }
        self.init(brand, step, isUrgent: isUrgent, outcome, outputs)
    }

    /// Refuses each output whose directory cannot take a new file.
    /// - Returns: whether an output was refused.
    private static func refuseUnwritable(_ snapshots: inout [OutputSnapshot], _ directories: OutputDirectories) -> Bool
    {
        var hasRefused = false
        for index in snapshots.indices where snapshots[index].refusal == nil {
            guard let symlinks = snapshots[index].symlinks else { continue }
            do throws(FileError) {
                try directories.checkWritable(snapshots[index].path, symlinks: symlinks)
            } catch {
                snapshots[index].refusal = BrandFailure(.outputRefused, error)
                hasRefused = true
            }
        }
        return hasRefused
    }

    // MARK: Progress

    var needsWork: Bool { if case .nothing = step { false } else { true } }

    var isRequest: Bool { if case .request = step { true } else { false } }

    /// Records that the run begins to write the brand's files.
    /// - Returns: the outcome and the outputs so far, for the caller to update; nil if the job is closed. Then no file
    ///   may change, because the hooks would not learn of it.
    func beginPublishing() -> (outcome: BrandOutcome, outputs: [Output])? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.progress = .publishing
            return (state.outcome, state.outputs)
        }
    }

    func fail(_ failure: BrandFailure, attempts: Int, duration: Duration) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.progress = .done
            state.outcome.kind = failure.isOfStop ? .unfinished : .failed
            state.outcome.failure = failure
            state.outcome.attempts = Int32(attempts)
            state.outcome.duration = duration
        }
    }

    /// Records the result after the brand's own files were written.
    /// - Parameter awaitsShared: whether the new token must still be written to shared destinations.
    func finish(_ outcome: BrandOutcome, _ outputs: [Output], awaitsShared: Bool) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.progress = .done
            state.outcome = outcome
            state.outputs = outputs
            if awaitsShared { state.awaited = Set(outputs.dropFirst(brand.outputs.count).map(\.outcome.path)) }
        }
    }

    /// Records the result of the brand's entry in a shared destination.
    func note(_ place: PlaceOutcome) {
        state.withLock { state in
            if place.mayHaveArrived { state.mayHaveChanged = true }
            let shared = state.outputs.indices.dropFirst(brand.outputs.count)
            guard !state.isClosed,
                let index = shared.first(where: { state.outputs[$0].outcome.path == place.output.path })
            else { return }
            state.outputs[index].outcome = place.output
            state.awaited?.remove(place.output.path)
            guard let failure = place.output.failure else { return }
            state.outcome.add(failure)
            state.outcome.health = max(state.outcome.health, state.outputs[index].health)
        }
    }

    /// Records which written files a power failure may undo.
    /// - Parameter problem: the reason for a path; nil if the file is durable.
    func noteUnsynced(_ problem: (_ path: String) -> FileError?) {
        state.withLock { state in
            guard !state.isClosed else { return }
            for index in state.outputs.indices where state.outputs[index].outcome.kind == .written {
                guard let words = problem(state.outputs[index].outcome.path).map({ "\($0)" }) else { continue }
                state.outputs[index].outcome.kind = .durabilityUnknown
                state.outputs[index].outcome.message = words
                state.outcome.add(BrandFailure(.durabilityUnknown, words))
            }
        }
    }

    /// Closes the job. Later calls do not change the outcome.
    /// - Parameter failure: the failure if the brand is not finished.
    func close(unfinished failure: BrandFailure?) -> (outcome: BrandOutcome, change: Change) {
        state.withLock { state in
            state.isClosed = true
            let mayStillChange = state.progress == .publishing || state.awaited != nil
            for output in state.outputs where state.awaited?.contains(output.outcome.path) ?? false {
                state.progress = .open
                state.outcome.health = max(state.outcome.health, output.health)
            }
            if state.progress != .done {
                state.outcome.kind = .unfinished
                state.outcome.failure =
                    failure
                    ?? BrandFailure(.unfinished, "the run ended before the brand was finished; the next run retries it")
            }
            var outcome = state.outcome
            outcome.outputs = state.outputs.map(\.outcome)
            return (
                outcome,
                Change(
                    ownOutputs: brand.outputs.count, hasNewToken: state.awaited != nil || outcome.kind == .repaired,
                    isUnconfirmed: state.mayHaveChanged, mayStillCome: mayStillChange)
            )
        }
    }

    /// What hooks need to know about a brand's files, in addition to their outcomes.
    struct Change: Sendable {
        let ownOutputs: Int
        /// Whether a token was requested for shared entries, or published again.
        let hasNewToken: Bool
        /// Whether an unconfirmed write may have taken effect.
        let isUnconfirmed: Bool
        /// Whether the files may still change after the run was stopped.
        let mayStillCome: Bool
    }

    /// The brand's outcome in a dry run.
    var planned: BrandOutcome {
        state.withLock { state in
            var outcome = state.outcome
            outcome.outputs = state.outputs.map(\.outcome)
            guard needsWork else { return outcome }
            for index in outcome.outputs.indices where outcome.outputs[index].kind == .unchanged {
                outcome.outputs[index].kind = .due
            }
            if outcome.failure == nil { outcome.kind = .due }
            return outcome
        }
    }
}

extension BrandOutcome {
    /// Adds a failure that occurred after the brand was finished. The first failure is kept.
    fileprivate mutating func add(_ later: BrandFailure) {
        guard failure == nil || kind == .shortLived else { return }
        failure = later
        kind = .failed
    }
}
