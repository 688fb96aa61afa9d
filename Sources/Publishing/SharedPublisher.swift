// SPDX-License-Identifier: Apache-2.0

package import Dispatch
package import Model
internal import Synchronization

/// Writes the shared destinations. A write starts a short interval after a new token and includes all tokens until
/// then. So no brand waits for a slow destination. The last write is at the end of the run.
package final class SharedPublisher: Sendable {
    /// One destination with its own queue, so a hanging server does not delay the files.
    private final class Writer: Sendable {
        private struct State: Sendable {
            var tokens: [String: Token] = [:]
            var isScheduled = false
            var isLast = false
        }

        private let destination: any SharedDestination
        private let barrier: WriteBarrier?
        private let note: @Sendable (PlaceOutcome) -> Void
        private let queue = DispatchQueue(label: "shared-destination")
        private let state = Mutex(State())

        init(
            _ destination: any SharedDestination, _ barrier: WriteBarrier?,
            _ note: @escaping @Sendable (PlaceOutcome) -> Void
        ) {
            self.destination = destination
            self.barrier = barrier
            self.note = note
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
            queue.asyncAfter(deadline: .now() + .milliseconds(interval)) { @Sendable [self] in write(isLast: false) }
        }

        /// Writes all tokens so far, and again later if that fails. Does nothing if only the last write is left.
        private func write(isLast: Bool) {
            let tokens = state.withLock { state in
                state.isScheduled = false
                return state.isLast == isLast ? state.tokens : nil
            }
            guard let tokens else { return }
            guard let outcomes = destination.write(tokens, isLast: isLast, barrier: barrier) else { return schedule() }
            outcomes.forEach(note)
        }

        func finish(in group: DispatchGroup, then: @escaping @Sendable () -> Void) {
            state.withLock { $0.isLast = true }
            queue.async(group: group) { @Sendable [self] in
                write(isLast: true)
                then()
            }
        }
    }

    private let destinations: [any SharedDestination]
    private let writers: [Writer]
    /// By name of the brand.
    private let memberships: [String: [Writer]]

    /// - Parameters:
    ///   - barrier: passed before a destination changes.
    ///   - note: gets the outcome for each brand's place, on any thread.
    package init(
        _ destinations: [any SharedDestination], barrier: WriteBarrier?,
        note: @escaping @Sendable (PlaceOutcome) -> Void
    ) {
        var writers: [Writer] = []
        var memberships: [String: [Writer]] = [:]
        for destination in destinations {
            let writer = Writer(destination, barrier, note)
            writers.append(writer)
            for brand in Set(destination.brands) { memberships[brand, default: []].append(writer) }
        }
        self.destinations = destinations
        self.writers = writers
        self.memberships = memberships
    }

    package var isNeeded: Bool { !writers.isEmpty }

    package func isNeeded(for brand: Brand) -> Bool { memberships[brand.name] != nil }

    package func add(_ token: Token, of brand: Brand) {
        for writer in memberships[brand.name] ?? [] { writer.add(token, of: brand.name) }
    }

    /// Writes all destinations for the last time. Calls `then` after each one.
    /// - Parameter group: has an entry for each destination until it is written.
    package func finish(in group: DispatchGroup, then: @escaping @Sendable () -> Void) {
        for writer in writers { writer.finish(in: group, then: then) }
    }

    /// Published tokens that are not in a file.
    package var tokensNotInFiles: [Token] { destinations.flatMap(\.tokensNotInFiles) }
}
