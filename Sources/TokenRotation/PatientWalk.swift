// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
internal import Synchronization

/// Work on disks, one piece after the other on one thread, and on more as soon as that one stands still: a disk that
/// hangs holds up nothing but what stands on it.
enum PatientWalk {
    /// Does `count` pieces of work, and sums up what they bring.
    ///
    /// - Parameters:
    ///   - touching: what it does there: how long a disk may take for it.
    ///   - threads: how many begin; more than one where each piece takes its time.
    ///   - stop: ends the walk at once: what is not done then is not done.
    ///   - work: does the piece of that number, touching disks by way of `watch` alone. It may be called again, beside
    ///     a call that hangs, and what that one brings is nobody's.
    ///   - failing: what a piece brings whose disk hangs without the watch knowing which, or that was not done.
    ///   - add: Called once for each number, in any order, by one thread at a time.
    static func run<Value: Sendable, Sum: Sendable>(
        _ count: Int, _ watch: DiskWatch, for touching: DiskWatch.Touching = .reading, threads: Int = 1,
        stop: StopRequest? = nil, into sum: consuming Sum,
        work: @escaping @Sendable (Int) -> Value, failing: @escaping @Sendable (Int, BrandFailure) -> Value,
        add: @escaping @Sendable (inout Sum, Int, Value) -> Void
    ) -> Sum {
        guard count > 0 else { return sum }
        return Walk(count, watch, touching, into: sum, work: work, failing: failing, add: add)
            .run(threads: min(threads, count), stop)
    }

    /// The same for work that brings nothing.
    static func run(
        _ count: Int, _ watch: DiskWatch, for touching: DiskWatch.Touching = .reading, threads: Int = 1,
        stop: StopRequest? = nil, work: @escaping @Sendable (Int) -> Void
    ) {
        run(
            count, watch, for: touching, threads: threads, stop: stop, into: (), work: work, failing: { _, _ in },
            add: { _, _, _ in })
    }

    /// After so long without a step, other threads go on with what is next.
    fileprivate static let moment: Duration = .milliseconds(100)
    /// Threads that may wait for disks at once, and threads that a run may lose to them: there are 255 for everything.
    fileprivate static let width = 64
    fileprivate static let mostLost = 128
    /// A brand whose files stand on more disks that hang than this is given up.
    fileprivate static let tries = 4
}

extension DiskWatch {
    /// Does something in a directory on a thread of its own, and waits no longer for it than a disk may take.
    /// - Parameter path: of what is touched, for the error.
    func wait<Value: Sendable>(
        _ path: String, in directory: String, for touching: Touching = .reading,
        _ body: @escaping @Sendable () throws(FileError) -> Value
    ) throws(FileError) -> Value {
        let outcome = PatientWalk.run(
            1, self, for: touching, into: Result<Value, FileError>.failure(.hanging(path)),
            work: { [self] _ in
                do throws(FileError) {
                    return .success(try touch(path, in: directory, for: touching, body))
                } catch {
                    return .failure(error)
                }
            },
            failing: { _, _ in .failure(.hanging(path)) }, add: { outcome, _, found in outcome = found })
        return try outcome.get()
    }
}

private final class Walk<Value: Sendable, Sum: Sendable>: Sendable {
    private struct Step: Sendable {
        let number: Int
        let index: Int
        let since: ContinuousClock.Instant
    }

    private struct State: Sendable {
        /// nil once it was handed over.
        var sum: Sum?
        var next = 0
        /// Pieces to be done once more.
        var again: [Int] = []
        /// How often a piece was given up.
        var tries: [Int: Int] = [:]
        var underWay: [Step] = []
        var threads = 0
        /// Counts steps begun.
        var begun = 0
        var left: Int

        var isWaiting: Bool { !again.isEmpty || next < end }
        let end: Int

        init(_ sum: consuming Sum, count: Int) {
            self.sum = sum
            left = count
            end = count
        }

        /// - Parameter add: adds what the piece brought.
        mutating func finish(_ add: (inout Sum) -> Void) {
            guard var sum = sum.take() else { return }
            add(&sum)
            self.sum = sum
            left -= 1
        }

        mutating func nextIndex() -> Int? {
            if let index = again.popLast() { return index }
            guard next < end else { return nil }
            defer { next += 1 }
            return next
        }
    }

    private let patience: Duration
    private let watch: DiskWatch
    private let work: @Sendable (Int) -> Value
    private let failing: @Sendable (Int, BrandFailure) -> Value
    private let add: @Sendable (inout Sum, Int, Value) -> Void
    private let state: Mutex<State>
    private let finished = DispatchSemaphore(value: 0)

    init(
        _ count: Int, _ watch: DiskWatch, _ touching: DiskWatch.Touching, into sum: consuming Sum,
        work: @escaping @Sendable (Int) -> Value,
        failing: @escaping @Sendable (Int, BrandFailure) -> Value,
        add: @escaping @Sendable (inout Sum, Int, Value) -> Void
    ) {
        patience = watch.patience(for: touching)
        self.watch = watch
        self.work = work
        self.failing = failing
        self.add = add
        state = Mutex(State(sum, count: count))
    }

    func run(threads: Int, _ stop: StopRequest?) -> Sum {
        stop?.onStop { [finished] in _ = finished.signal() }
        for _ in 0..<threads { startThread() }
        var seen = 0
        while finished.wait(timeout: .now() + .milliseconds(Int(PatientWalk.moment.wholeMilliseconds))) == .timedOut {
            giveUp()
            let most = min(PatientWalk.width, PatientWalk.mostLost - watch.lost)
            let more = state.withLock { state -> Int? in
                defer { seen = state.left }
                if most <= 0, state.threads == 0 { return nil }
                guard state.left == seen, state.isWaiting else { return 0 }
                return min(max(1, state.threads), max(0, most - state.threads))
            }
            guard let more else { break }
            for _ in 0..<more { startThread() }
        }
        return end(stop?.reason?.failure ?? Self.failure)
    }

    private static var failure: BrandFailure { BrandFailure(.diskHangs, "its disks take too long to answer") }

    private func startThread() {
        state.withLock { $0.threads += 1 }
        DispatchQueue(label: "disk-walk").async { @Sendable [self] in
            var done: (step: Step, value: Value)?
            while let step = next(after: done) { done = (step, work(step.index)) }
        }
    }

    /// Notes what a thread has done.
    /// - Returns: what it does next; nil where there is nothing, or it was left behind.
    private func next(after done: (step: Step, value: Value)?) -> Step? {
        state.withLock { state in
            if let (step, value) = done {
                // Whoever gave it up has counted its thread out.
                guard let place = state.underWay.firstIndex(where: { $0.number == step.number }) else { return nil }
                state.underWay.remove(at: place)
                state.finish { add(&$0, step.index, value) }
                if state.left == 0 { finished.signal() }
            }
            guard let index = state.nextIndex() else {
                state.threads -= 1
                return nil
            }
            state.begun += 1
            let step = Step(number: state.begun, index: index, since: .now)
            state.underWay.append(step)
            return step
        }
    }

    /// Leaves those behind that have been waiting too long, and has their pieces done once more: the watch knows by
    /// then what not to touch.
    private func giveUp() {
        let latest = ContinuousClock.now - patience
        guard state.withLock({ state in state.underWay.contains { $0.since <= latest } }) else { return }
        watch.giveUp()
        state.withLock { state in
            let given = state.underWay.filter { $0.since <= latest }
            state.underWay.removeAll { $0.since <= latest }
            state.threads -= given.count
            watch.lose(given.count)
            for step in given {
                state.tries[step.index, default: 0] += 1
                if state.tries[step.index, default: 0] < PatientWalk.tries {
                    state.again.append(step.index)
                } else {
                    state.finish { add(&$0, step.index, failing(step.index, Self.failure)) }
                }
            }
            if state.left == 0 { finished.signal() }
        }
    }

    /// Whatever still comes in is nobody's.
    private func end(_ failure: BrandFailure) -> Sum {
        state.withLock { state in
            for index in state.underWay.map(\.index) { state.finish { add(&$0, index, failing(index, failure)) } }
            state.underWay = []
            while let index = state.nextIndex() { state.finish { add(&$0, index, failing(index, failure)) } }
            guard let sum = state.sum.take() else { preconditionFailure("a walk ends once") }
            return sum
        }
    }
}
