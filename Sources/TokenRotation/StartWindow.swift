// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Starts jobs in their order, as many at a time as the network and the memory are worth: ten thousand brands need no
/// more memory than those that are on their way.
final class StartWindow: Sendable {
    /// One job's place. A job that has to wait for long gives it back, so that another one starts.
    final class Place: Sendable {
        private let window: StartWindow
        private let isTaken = Atomic(true)

        fileprivate init(_ window: StartWindow) { self.window = window }

        /// Gives the place back; calls after the first change nothing.
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
    ///   - width: how many places there are.
    ///   - begin: starts a job and returns at once; the job gives its place back in the end.
    init(_ jobs: [BrandJob], width: Int, begin: @escaping @Sendable (BrandJob, Place) -> Void) {
        self.jobs = jobs
        self.width = width
        self.begin = begin
    }

    /// Starts jobs until all places are taken, unless another thread does.
    func fill() {
        let starts = state.withLock { state in
            // Half a window at a time: one by one would wake a thread for each response.
            guard !state.isFilling, state.next < jobs.count, state.taken <= width / 2 else { return false }
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
