// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Model
internal import Synchronization
internal import TokenRotation

/// One line on a terminal that tells how far a run is, while it goes on.
final class ProgressLine: Sendable {
    private struct State: Sendable {
        var brands = 0
        var done = 0
        var failed = 0
        var inFlight = 0
        /// When those that wait for their next attempt go on; past ones are taken out when the line is drawn.
        var retries: [ContinuousClock.Instant] = []
        var isOver = false
        /// What stands on the terminal.
        var shown: Substring?
    }

    /// A person sees no more.
    private static let interval = DispatchTimeInterval.milliseconds(100)
    /// Back to the line's start, and all of it cleared (ECMA-48: CR, EL).
    private static let clear = "\r\u{1b}[2K"

    private let state = Mutex(State())
    private let queue: DispatchQueue

    /// - Parameter queue: the one that everything goes to standard error on.
    init(on queue: DispatchQueue) {
        self.queue = queue
        drawLater()
    }

    private func drawLater() {
        queue.asyncAfter(deadline: .now() + Self.interval) { @Sendable [weak self] in
            guard let self, !self.state.withLock({ $0.isOver }) else { return }
            self.draw()
            self.drawLater()
        }
    }

    func note(_ event: RunEvent) {
        state.withLock { state in
            switch event {
            case .began(let brands): state.brands = brands
            case .sent: state.inFlight += 1
            case .answered(let attempt):
                state.inFlight -= 1
                if let wait = attempt.triedAgainIn { state.retries.append(.now + wait) }
            case .done(isFailure: true): state.failed += 1
            case .done(isFailure: false): state.done += 1
            }
        }
    }

    /// Makes room for something else, on the queue; the line is drawn anew below that.
    func giveWay() {
        state.withLock { $0.shown = nil }
        Console.standardError.write(Self.clear)
    }

    /// Takes the line away for good.
    func end() {
        queue.sync {
            let wasDrawn = state.withLock { state in
                defer { state.isOver = true }
                return !state.isOver && state.brands > 0
            }
            if wasDrawn { Console.standardError.write(Self.clear) }
        }
    }

    private func draw() {
        let now = ContinuousClock.now
        // One column is left free: in the last one some terminals begin a new line.
        let width = Console.standardError.width - 1
        let line = state.withLock { state -> Substring? in
            guard !state.isOver, state.brands > 0 else { return nil }
            state.retries.removeAll { $0 <= now }
            var parts = ["\(state.done) of \(state.brands) done"]
            if state.failed > 0 { parts.append("\(state.failed) failed") }
            if state.inFlight > 0 { parts.append("\(state.inFlight) in flight") }
            if let next = state.retries.min() {
                let seconds = (next - now).wholeMilliseconds / 1000 + 1
                parts.append("\(state.retries.count) retrying in \(seconds) s")
            }
            let line = parts.joined(separator: ", ").prefix(width)
            guard line != state.shown else { return nil }
            state.shown = line
            return line
        }
        if let line { Console.standardError.write(Self.clear + line) }
    }
}
