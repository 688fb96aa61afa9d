// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Model
internal import Rotation
internal import Synchronization

/// A line on a terminal that shows the progress of a run.
final class ProgressLine: Sendable {
    private struct State: Sendable {
        var brands = 0
        var done = 0
        var failed = 0
        var inFlight = 0
        /// The times of the next attempts. Drawing the line removes past times.
        var retries: [ContinuousClock.Instant] = []
        var isOver = false
        /// The text on the terminal.
        var shown: Substring?
    }

    /// People cannot read faster updates.
    private static let interval = DispatchTimeInterval.milliseconds(100)
    /// Moves to the start of the line and clears it (ECMA-48: CR, EL).
    private static let clear = "\r\u{1b}[2K"

    private let state = Mutex(State())
    private let queue: DispatchQueue

    /// - Parameter queue: the queue for all writes to standard error.
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
            case .responded(let attempt):
                state.inFlight -= 1
                if let wait = attempt.retryDelay { state.retries.append(.now + wait) }
            case .done(isFailure: true): state.failed += 1
            case .done(isFailure: false): state.done += 1
            }
        }
    }

    /// Clears the line before another message. Must run on the queue. The line is drawn again below the message.
    func clearLine() {
        state.withLock { $0.shown = nil }
        Console.standardError.write(Self.clear)
    }

    /// Clears the line and stops drawing.
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
        // Some terminals begin a new line after the last column, so it stays free.
        let width = (Console.standardError.width ?? 80) - 1
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
