// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Model
internal import Synchronization

/// Writes the destinations that many brands share: it is told of each new token, writes a destination a moment later
/// with all tokens that came meanwhile, so that no brand waits for a slow one, and once more at the end.
final class SharedPublisher: Sendable {
    /// One destination, on a queue of its own: a server that hangs keeps no file from being written.
    private final class Writer: Sendable {
        private struct State: Sendable {
            var tokens: [String: Token] = [:]
            var isScheduled = false
            var isLast = false
        }

        private let destination: any SharedDestination
        private let jobs: [String: BrandJob]
        private let barrier: WriteBarrier?
        private let queue = DispatchQueue(label: "shared-destination")
        private let state = Mutex(State())

        init(_ destination: any SharedDestination, _ jobs: [String: BrandJob], _ barrier: WriteBarrier?) {
            self.destination = destination
            self.jobs = jobs
            self.barrier = barrier
        }

        func add(_ token: Token, of brand: String) {
            state.withLock { $0.tokens[brand] = token }
            schedule()
        }

        private func schedule() {
            let starts = state.withLock { state in
                defer { state.isScheduled = true }
                return !state.isScheduled && !state.isLast
            }
            guard starts else { return }
            let interval = Int(destination.interval.wholeMilliseconds)
            queue.asyncAfter(deadline: .now() + .milliseconds(interval)) { @Sendable [self] in write() }
        }

        private func write() {
            let isLast = state.withLock { state in
                state.isScheduled = false
                return state.isLast
            }
            if !isLast, !writeNow(isLast: false) { schedule() }
        }

        /// - Returns: false if the write is to be tried again.
        @discardableResult
        private func writeNow(isLast: Bool) -> Bool {
            let tokens = state.withLock { $0.tokens }
            guard let outcomes = destination.write(tokens, isLast: isLast, barrier: barrier) else { return false }
            for outcome in outcomes { jobs[outcome.brand]?.note(outcome) }
            return true
        }

        func finish(in group: DispatchGroup, then: @escaping @Sendable () -> Void) {
            state.withLock { $0.isLast = true }
            queue.async(group: group) { @Sendable [self] in
                writeNow(isLast: true)
                then()
            }
        }

        var hiddenTokens: [Token] {
            destination.hiddenTokens + (destination is SnippetFile ? [] : state.withLock { Array($0.tokens.values) })
        }
    }

    private let writers: [Writer]
    /// By name of the brand.
    private let memberships: [String: [Writer]]

    /// - Parameters:
    ///   - destinations: of the run.
    ///   - jobs: all of the run.
    ///   - barrier: passed before anything changes.
    init(_ destinations: [any SharedDestination], _ jobs: [BrandJob], barrier: WriteBarrier?) {
        guard !destinations.isEmpty else {
            writers = []
            memberships = [:]
            return
        }
        let byName = Dictionary(jobs.map { ($0.brand.name, $0) }) { first, _ in first }
        var writers: [Writer] = []
        var memberships: [String: [Writer]] = [:]
        for destination in destinations {
            let writer = Writer(destination, byName, barrier)
            writers.append(writer)
            for brand in Set(destination.brands) { memberships[brand, default: []].append(writer) }
        }
        self.writers = writers
        self.memberships = memberships
    }

    var isNeeded: Bool { !writers.isEmpty }

    /// Whether the brand has a place in a shared destination.
    func isNeeded(for brand: Brand) -> Bool { memberships[brand.name] != nil }

    /// Takes a brand's new token.
    func add(_ token: Token, of brand: Brand) {
        for writer in memberships[brand.name] ?? [] { writer.add(token, of: brand.name) }
    }

    /// Writes all destinations for the last time.
    /// - Parameters:
    ///   - group: holds an entry for each until it is written.
    ///   - then: called after each.
    func finish(in group: DispatchGroup, then: @escaping @Sendable () -> Void) {
        for writer in writers { writer.finish(in: group, then: then) }
    }

    /// Tokens that are published and that no file holds.
    var hiddenTokens: [Token] { writers.flatMap(\.hiddenTokens) }
}
