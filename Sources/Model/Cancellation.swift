// SPDX-License-Identifier: Apache-2.0

package import Dispatch
internal import Synchronization

/// A cancellation request for a run. The first one wins, but a signal overrides the deadline.
package final class Cancellation: Sendable {
    package enum Reason: Sendable, Equatable {
        case deadline
        /// SIGINT.
        case interrupted
        /// SIGTERM.
        case terminated

        /// The status after a signal; nil for the deadline.
        package var exitStatus: ExitStatus? {
            switch self {
            case .deadline: nil
            case .interrupted: .interrupted
            case .terminated: .terminated
            }
        }
    }

    // Time limits in milliseconds after a cancellation. The program promises to exit within 2 s.

    /// For publications in progress.
    package static let timeToPublish = 1200
    /// For the whole run.
    package static let timeToSynchronize = 1700
    /// For reporting.
    private static let reportingTimeLimit = 1900

    private struct State: Sendable {
        var reason: Reason?
        var time = DispatchTime.distantFuture
        var handlers: [(isForSignals: Bool, run: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var reason: Reason? { state.withLock { $0.reason } }

    /// The time left for reporting; nil without a signal, because the deadline does not limit reporting.
    package var remainingReportingTime: Duration? {
        guard isBySignal else { return nil }
        let end = state.withLock { $0.time } + .milliseconds(Self.reportingTimeLimit)
        let now = DispatchTime.now()
        return now < end ? .nanoseconds(Int64(clamping: end.uptimeNanoseconds - now.uptimeNanoseconds)) : .zero
    }

    package var isBySignal: Bool { reason?.exitStatus != nil }

    package func stop(_ reason: Reason) {
        let isSignal = reason != .deadline
        let due = state.withLock { state -> [(isForSignals: Bool, run: @Sendable () -> Void)] in
            guard state.reason == nil || (state.reason == .deadline && isSignal) else { return [] }
            state.reason = reason
            state.time = .now()
            defer { state.handlers.removeAll { isSignal || !$0.isForSignals } }
            return state.handlers.filter { isSignal || !$0.isForSignals }
        }
        for handler in due { handler.run() }
    }

    /// Cancels the run at the deadline, unless the caller cancels the timer first.
    package func scheduleDeadline(at deadline: ContinuousClock.Instant) -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "deadline"))
        let left = Int(max(.zero, deadline - ContinuousClock.now).wholeMilliseconds)
        timer.schedule(deadline: .now() + .milliseconds(left))
        timer.setEventHandler { @Sendable [self] in stop(.deadline) }
        timer.resume()
        return timer
    }

    /// Signals `semaphore` this many milliseconds after a cancellation, so that its waiter gives up.
    package func signal(_ semaphore: DispatchSemaphore, after milliseconds: Int) {
        onStop { [self] in
            let end = state.withLock { $0.time } + .milliseconds(milliseconds)
            DispatchQueue(label: "stop-timer").asyncAfter(deadline: end) { @Sendable in _ = semaphore.signal() }
        }
    }

    /// Waits for the duration by the monotonic clock, or until a cancellation.
    package func wait(upTo duration: Duration) {
        let stopped = DispatchSemaphore(value: 0)
        onStop { @Sendable in _ = stopped.signal() }
        _ = stopped.wait(timeout: .now() + .milliseconds(Int(duration.wholeMilliseconds)))
    }

    /// Runs `body` on another thread and waits for its result.
    /// - Parameters:
    ///   - patience: the longest wait.
    ///   - milliseconds: the longest wait after a signal.
    /// - Returns: nil if the wait timed out; `body` continues.
    package func result<Value: Sendable>(
        within patience: Duration, afterSignal milliseconds: Int, of body: @escaping @Sendable () -> Value
    ) -> Value? {
        let found = Mutex<Value?>(nil)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "bounded-wait").async { @Sendable in
            let value = body()
            found.withLock { $0 = value }
            done.signal()
        }
        onSignal { @Sendable in
            DispatchQueue(label: "stop-timer").asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                @Sendable in _ = done.signal()
            }
        }
        _ = done.wait(timeout: .now() + .milliseconds(Int(patience.wholeMilliseconds)))
        return found.withLock { $0 }
    }

    /// Calls `handler` once, on the thread that cancels; at once if the run is already cancelled.
    package func onStop(_ handler: @escaping @Sendable () -> Void) { add(handler, isForSignals: false) }

    /// Like ``onStop(_:)``, but ignores the deadline.
    package func onSignal(_ handler: @escaping @Sendable () -> Void) { add(handler, isForSignals: true) }

    private func add(_ handler: @escaping @Sendable () -> Void, isForSignals: Bool) {
        let isDue = state.withLock { state in
            let isDue = state.reason != nil && (!isForSignals || state.reason != .deadline)
            if !isDue { state.handlers.append((isForSignals, handler)) }
            return isDue
        }
        if isDue { handler() }
    }
}

extension BrandFailure {
    /// Whether the only cause is that the run was cancelled.
    package var isOfStop: Bool { code == .stopped || code == .deadlineExceeded }
}

extension Cancellation.Reason {
    /// The failure of a brand that was not finished.
    package var failure: BrandFailure { failure(after: nil) }

    /// - Parameter cause: what the brand waited for, if that is known.
    package func failure(after cause: String?) -> BrandFailure {
        let effect = "before the brand was finished\(cause.map { " (\($0))" } ?? ""); the next run retries it"
        return switch self {
        case .deadline: BrandFailure(.deadlineExceeded, "the run's deadline passed \(effect)")
        case .interrupted: BrandFailure(.stopped, "SIGINT stopped the run \(effect)")
        case .terminated: BrandFailure(.stopped, "SIGTERM stopped the run \(effect)")
        }
    }
}
