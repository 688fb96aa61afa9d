// SPDX-License-Identifier: Apache-2.0

package import Dispatch
internal import Synchronization

/// The wish, from outside or from the clock, that a run end soon. Given once; later ones change nothing, but a signal
/// takes the place of the clock's.
package final class Cancellation: Sendable {
    package enum Reason: Sendable, Equatable {
        case deadline
        /// SIGINT.
        case interrupted
        /// SIGTERM.
        case terminated
    }

    /// From a stop on, in milliseconds: what publications in progress get to end, and what the whole run gets. The
    /// promise is an exit within 2 s.
    package static let timeToPublish = 1200
    package static let timeToConclude = 1700

    /// And what telling others of it may last after that.
    private static let timeToTell = 1900

    private struct State: Sendable {
        var reason: Reason?
        var time = DispatchTime.distantFuture
        var handlers: [@Sendable () -> Void] = []
        /// Of those whom the clock's wish does not concern.
        var signalHandlers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var reason: Reason? { state.withLock { $0.reason } }

    /// How long others may still be told how the run ended; nil without a signal: the deadline is the run's, and not
    /// theirs.
    package var timeLeftToTell: Duration? {
        guard isBySignal else { return nil }
        let time = state.withLock { $0.time }
        let whole = Duration.milliseconds(Self.timeToTell)
        let passed =
            DispatchTime.now().uptimeNanoseconds - min(time.uptimeNanoseconds, DispatchTime.now().uptimeNanoseconds)
        return max(.zero, whole - .nanoseconds(Int64(clamping: passed)))
    }

    /// Whether somebody outside wants the run to end.
    package var isBySignal: Bool {
        switch reason {
        case .interrupted, .terminated: true
        case .deadline, nil: false
        }
    }

    package func stop(_ reason: Reason) {
        let handlers = state.withLock { state in
            guard state.reason == nil || (state.reason == .deadline && reason != .deadline) else {
                return [@Sendable () -> Void]()
            }
            state.reason = reason
            state.time = .now()
            defer { state.handlers = [] }
            guard reason != .deadline else { return state.handlers }
            defer { state.signalHandlers = [] }
            return state.handlers + state.signalHandlers
        }
        for handler in handlers { handler() }
    }

    /// Gives itself as the clock's wish when that instant comes, unless it is cancelled before.
    package func alarm(at deadline: ContinuousClock.Instant) -> any DispatchSourceTimer {
        let alarm = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "deadline"))
        let left = Int(max(.zero, deadline - ContinuousClock.now).wholeMilliseconds)
        alarm.schedule(deadline: .now() + .milliseconds(left))
        alarm.setEventHandler { @Sendable [self] in stop(.deadline) }
        alarm.resume()
        return alarm
    }

    /// Signals `semaphore` so many milliseconds after the stop, if one comes: whoever waits there gives up then.
    /// - Parameter isForSignals: whether the clock's wish is none of its business.
    package func signal(_ semaphore: DispatchSemaphore, after milliseconds: Int, isForSignals: Bool = false) {
        let handler: @Sendable () -> Void = { [self] in
            guard milliseconds > 0 else { return _ = semaphore.signal() }
            let end = state.withLock { $0.time } + .milliseconds(milliseconds)
            DispatchQueue(label: "stop-timer").asyncAfter(deadline: end) { @Sendable in _ = semaphore.signal() }
        }
        if isForSignals { onSignal(handler) } else { onStop(handler) }
    }

    /// Waits so long by the monotonic clock, or until a stop comes.
    package func wait(upTo duration: Duration) {
        let stopped = DispatchSemaphore(value: 0)
        onStop { @Sendable in _ = stopped.signal() }
        _ = stopped.wait(timeout: .now() + .milliseconds(Int(duration.wholeMilliseconds)))
    }

    /// Does what may take its time on a thread of its own, and waits for it: so long at most, and so many milliseconds
    /// from a signal on.
    /// - Returns: nil where it was not done by then; it goes on all the same.
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

    /// Calls `handler` once, on whatever thread the stop comes; at once where it came already.
    package func onStop(_ handler: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            if state.reason == nil { state.handlers.append(handler) }
            return state.reason != nil
        }
        if isStopped { handler() }
    }

    /// The same for a signal alone.
    package func onSignal(_ handler: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            let isStopped = state.reason != nil && state.reason != .deadline
            if !isStopped { state.signalHandlers.append(handler) }
            return isStopped
        }
        if isStopped { handler() }
    }
}

extension BrandFailure {
    /// Whether it says no more than that the run ended before the brand was done.
    package var isOfStop: Bool { code == .stopped || code == .deadlineExceeded }
}

extension Cancellation.Reason {
    /// What it means for a brand that was not done.
    package var failure: BrandFailure {
        switch self {
        case .deadline: BrandFailure(.deadlineExceeded, "the run's deadline came before the brand was done")
        case .interrupted: BrandFailure(.stopped, "SIGINT came before the brand was done")
        case .terminated: BrandFailure(.stopped, "SIGTERM came before the brand was done")
        }
    }
}
