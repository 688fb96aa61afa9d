// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Starts jobs in order and limits how many are active. Memory thus depends on the window, not on the number of brands.
final class StartWindow: Sendable {
    /// One job's place. A job releases it before a long wait, so that another job starts.
    final class Place: Sendable {
        private let window: StartWindow
        private let isTaken = Atomic(true)

        fileprivate init(_ window: StartWindow) { self.window = window }

        /// Releases the place. Only the first call has an effect.
        func leave() {
            if isTaken.exchange(false, ordering: .relaxed) { window.leave() }
        }
    }

    private struct State: Sendable {
        var next = 0
        var taken = 0
        var isFilling = false
    }

    private let jobs: [BrandJob]
    private let width: Int
    private let begin: @Sendable (BrandJob, Place) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - width: the number of places.
    ///   - begin: starts a job and returns at once. The job must release its place.
    init(_ jobs: [BrandJob], width: Int, begin: @escaping @Sendable (BrandJob, Place) -> Void) {
        self.jobs = jobs
        self.width = width
        self.begin = begin
    }

    /// Starts jobs until all places are taken, unless another thread is doing so.
    func fill() {
        let starts = state.withLock { state in
            // Start an eighth of the window at a time, to avoid waking a thread for each response.
            guard !state.isFilling, state.next < jobs.count, state.taken <= width - width / 8 else { return false }
            state.isFilling = true
            return true
        }
        guard starts else { return }
        while true {
            let next = state.withLock { state -> BrandJob? in
                guard state.next < jobs.count, state.taken < width else {
                    state.isFilling = false
                    return nil
                }
                defer {
                    state.next += 1
                    state.taken += 1
                }
                return jobs[state.next]
            }
            guard let next else { return }
            begin(next, Place(self))
        }
    }

    private func leave() {
        state.withLock { $0.taken -= 1 }
        fill()
    }
}
