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
                guard group.count > 1 else { return results.set(group.lowerBound, nil) }
                for number in group where results.isOpen(number) {
                    submit(within: limit) {
                        results.set(number, nil)
                    } _: {
                        results.set(number, work(number))
                    }
                }
            } _: {
                for number in group where !isOverdue.isClaimed && results.isOpen(number) {
                    results.set(number, work(number))
                }
                _ = isOverdue.claim()
            }
        }
        return results.wait()
    }
}

/// The results of one ``WorkerPool/map(_:within:grouping:onCancel:_:)``. Each is set once.
private final class Results<Value: Sendable>: Sendable {
    private struct State: Sendable {
        /// nil: not done yet. A value of nil: the number exceeded its limit.
        var values: [Value??]
        /// How many are not done; 0 once the wait has ended.
        var left: Int
    }

    private let state: Mutex<State>
    private let ended = DispatchSemaphore(value: 0)

    init(count: Int) {
        state = Mutex(State(values: Array(repeating: nil, count: count), left: count))
    }

    func isOpen(_ number: Int) -> Bool { state.withLock { $0.left > 0 && $0.values[number] == nil } }

    func set(_ number: Int, _ value: Value?) {
        let isLast = state.withLock { state in
            guard state.left > 0, state.values[number] == nil else { return false }
            state.values[number] = .some(value)
            state.left -= 1
            return state.left == 0
        }
        if isLast { ended.signal() }
    }

    /// Ends the wait with the results so far.
    func end() {
        let isFirst = state.withLock { state in
            defer { state.left = 0 }
            return state.left > 0
        }
        if isFirst { ended.signal() }
    }

    func wait() -> [Value?] {
        ended.wait()
        return state.withLock { state in
            // Late results are dropped.
            defer { state.values = [] }
            return state.values.map { $0 ?? nil }
        }
    }
}
