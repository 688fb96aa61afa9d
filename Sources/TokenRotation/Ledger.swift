// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Synchronization

/// The outcomes of a run while they come in, from many lanes. Once closed, late ones change nothing.
final class Ledger: Sendable {
    private struct State: Sendable {
        var outcomes: [BrandOutcome]
        /// By position.
        var progress: [Progress]
        var newTokens: [Int: Token] = [:]
        var isClosed = false
        /// Positions of the brands of which a write may have arrived that nobody answered.
        var doubted: Set<Int> = []
        /// By position: brands whose new token is still to be written to what they share.
        var awaited: [Int: Awaited] = [:]
    }

    private enum Progress: Sendable {
        case open
        /// The brand's files are being written.
        case publishing
        case done
    }

    /// What a brand still waits for: files and stores that it shares with others.
    struct Awaited: Sendable {
        var paths: Set<String>
        /// Of what stands there until then.
        var health: TokenHealth
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - outcomes: of each brand if nothing more happens.
    ///   - open: positions of the brands for which something is to be done.
    init(_ outcomes: [BrandOutcome], open: some Sequence<Int>) {
        var progress = Array(repeating: Progress.done, count: outcomes.count)
        for position in open { progress[position] = .open }
        state = Mutex(State(outcomes: outcomes, progress: progress))
    }

    /// New tokens by position.
    var newTokens: [Int: Token] { state.withLock { $0.newTokens } }

    func outcome(at position: Int) -> BrandOutcome { state.withLock { $0.outcomes[position] } }

    /// Says that a brand's files are about to be written; ``record(_:newToken:at:)`` says that this is over.
    /// - Returns: the brand's outcome so far.
    func begin(_ position: Int) -> BrandOutcome {
        state.withLock { state in
            state.progress[position] = .publishing
            return state.outcomes[position]
        }
    }

    /// Notes that a write for a brand may have arrived, though nobody says so.
    func doubt(_ position: Int) { state.withLock { _ = $0.doubted.insert(position) } }

    /// Positions of the brands of which that was noted.
    var doubted: Set<Int> { state.withLock { $0.doubted } }

    /// Positions of the brands whose files still change after a stop, for all that is known. Asked once closed.
    var inDoubt: Set<Int> {
        state.withLock { state in
            Set(state.progress.indices.filter { state.progress[$0] == .publishing }).union(state.newTokens.keys)
        }
    }

    /// - Parameter awaited: what the brand's token is still to be written to, each of which ``note(_:at:health:)``
    ///   tells of.
    func record(_ outcome: BrandOutcome, newToken: Token?, awaited: Awaited? = nil, at position: Int) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.progress[position] = .done
            state.outcomes[position] = outcome
            if let newToken { state.newTokens[position] = newToken }
            if let awaited { state.awaited[position] = awaited }
        }
    }

    func fail(_ position: Int, _ failure: BrandFailure) {
        state.withLock { state in
            state.outcomes[position].kind = .failed
            state.outcomes[position].failure = failure
            state.progress[position] = .done
        }
    }

    /// Writes down what happened to a shared file or store, for one of its brands.
    /// - Parameter health: of the token that stood there for the brand before.
    func note(_ output: OutputOutcome, at position: Int, health: TokenHealth) {
        state.withLock { state in
            guard !state.isClosed,
                let index = state.outcomes[position].outputs.firstIndex(where: { $0.path == output.path })
            else { return }
            state.outcomes[position].outputs[index] = output
            if state.awaited[position]?.paths.remove(output.path) != nil,
                state.awaited[position]?.paths.isEmpty ?? false
            {
                state.awaited[position] = nil
            }
            guard let failure = output.failure else { return }
            state.outcomes[position].add(failure)
            state.outcomes[position].health = max(state.outcomes[position].health, health)
        }
    }

    /// Writes down what was written and may not survive a loss of power.
    /// - Parameter doubt: why, by the path of a written file; nil where nothing is in doubt.
    func noteUnsynced(_ doubt: ((_ path: String) -> String?)?) {
        guard let doubt else { return }
        state.withLock { state in
            guard !state.isClosed else { return }
            for position in state.outcomes.indices {
                for index in state.outcomes[position].outputs.indices {
                    let output = state.outcomes[position].outputs[index]
                    guard output.kind == .written, let words = doubt(output.path) else { continue }
                    state.outcomes[position].outputs[index].kind = .durabilityUnknown
                    state.outcomes[position].outputs[index].message = words
                    state.outcomes[position].add(BrandFailure(.durabilityUnknown, words))
                }
            }
        }
    }

    /// Ends the account: what comes later changes nothing, and is in no shared file.
    ///
    /// - Returns: all outcomes; a brand that is not done counts as `unfinished`, so that a report is never silently short.
    func close(unfinished failure: BrandFailure?) -> [BrandOutcome] {
        state.withLock { state in
            state.isClosed = true
            for (position, awaited) in state.awaited {
                state.progress[position] = .open
                state.outcomes[position].health = max(state.outcomes[position].health, awaited.health)
            }
            for position in state.outcomes.indices where state.progress[position] != .done {
                state.outcomes[position].kind = .unfinished
                state.outcomes[position].failure =
                    failure ?? BrandFailure(.unfinished, "the run ended before the brand was done")
            }
            return state.outcomes
        }
    }
}

extension Ledger.Awaited? {
    /// Waits for the other's as well.
    mutating func merge(_ other: Self) {
        guard let other else { return }
        let paths = self?.paths ?? []
        let health = self?.health ?? .outlivesNextRun
        self = .some(Ledger.Awaited(paths: paths.union(other.paths), health: max(health, other.health)))
    }
}

extension BrandOutcome {
    /// Adds what went wrong after the brand was done; what went wrong first stays its failure.
    mutating func add(_ later: BrandFailure) {
        guard failure == nil || kind == .shortLived else { return }
        failure = later
        kind = .failed
    }
}
