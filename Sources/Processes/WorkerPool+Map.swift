// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

extension WorkerPool {
    /// Runs `work` for each of 0..<count on the pool and waits for the results.
    ///
    /// Numbers are submitted in groups, since submitting each one costs more than short work does. If a group exceeds
    /// the limit, its other numbers are submitted one by one, each with its own limit.
    ///
    /// - Parameters:
    ///   - limit: How long one number may take.
    ///   - grouping: How many numbers are submitted together; 1 for long work.
    ///   - onCancel: Registers a handler that ends the wait early.
    /// - Returns: nil for each number that exceeded the limit or was not done when the wait was cancelled.
    package func map<Value: Sendable>(
        _ count: Int, within limit: Duration?, grouping: Int = 64,
        onCancel: (@escaping @Sendable () -> Void) -> Void = { _ in },
        _ work: @escaping @Sendable (Int) -> Value
    ) -> [Value?] {
        guard count > 0 else { return [] }
        let results = Results<Value>(count: count)
        onCancel { results.end() }
        for first in stride(from: 0, to: count, by: grouping) {
            let group = first..<min(first + grouping, count)
            let isOverdue = Once()
            submit(within: limit) { [self] in
                guard isOverdue.claim() else { return }
                guard group.count > 1 else { return results.set(group.lowerBound, [nil]) }
                for number in group where results.isOpen(number) {
                    submit(within: limit) {
                        results.set(number, [nil])
                    } _: {
                        results.set(number, [work(number)])
                    }
                }
            } _: {
                var values: [Value?] = []
                for number in group {
                    if isOverdue.isClaimed || results.hasEnded { break }
                    values.append(work(number))
                }
                // One lock for the whole group: threads that wait for a lock spin first.
                results.set(group.lowerBound, values)
                _ = isOverdue.claim()
            }
        }
        return results.wait()
    }
}

/// The results of one ``WorkerPool/map(_:within:grouping:onCancel:_:)``. Each is set once.
private final class Results<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var values: [Value?]
        var isDone: [Bool]
        var left: Int
    }

    private let state: Mutex<State>
    private let isOver = Once()
    private let ended = DispatchSemaphore(value: 0)

    init(count: Int) {
        state = Mutex(
            State(
                values: Array(repeating: nil, count: count), isDone: Array(repeating: false, count: count), left: count)
        )
    }

    /// Whether the wait has ended.
    var hasEnded: Bool { isOver.isClaimed }

    func isOpen(_ number: Int) -> Bool { !hasEnded && state.withLock { !$0.isDone[number] } }

    /// Sets the results from `first` on, unless they are already set.
    func set(_ first: Int, _ values: [Value?]) {
        let isLast = state.withLock { state in
            guard !hasEnded else { return false }
            for (number, value) in zip(first..., values) where !state.isDone[number] {
                state.values[number] = value
                state.isDone[number] = true
                state.left -= 1
            }
            return state.left == 0
        }
        if isLast { end() }
    }

    /// Ends the wait with the results so far.
    func end() {
        if isOver.claim() { ended.signal() }
    }

    func wait() -> [Value?] {
        ended.wait()
        return state.withLock { state in
            // Late results are dropped.
            defer { state.values = [] }
            return state.values
        }
    }
}
