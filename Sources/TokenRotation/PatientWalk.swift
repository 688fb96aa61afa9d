// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
internal import Model
internal import ProcessState
internal import Synchronization

/// Work on disks, one piece after the other on one thread, and on more as soon as that one stands still: a disk that
/// hangs holds up nothing but what stands on it.
enum PatientWalk {
    /// Does `count` pieces of work, and sums up what they bring.
    ///
    /// - Parameters:
    ///   - touching: what it does there: how long a disk may take for it.
    ///   - threads: how many begin; more than one where each piece takes its time.
    ///   - stop: ends the walk, so many milliseconds after it came: what is not done then is not done. Where
    ///     `isForSignals`, the deadline is none of its business.
    ///   - work: does the piece of that number, touching disks by way of `watch` alone. It may be called again, beside
    ///     a call that hangs, and what that one brings is nobody's.
    ///   - failing: what a piece brings whose disk hangs without the watch knowing which, or that was not done.
    ///   - add: Called once for each number, in any order, by one thread at a time.
    static func run<Value: Sendable, Sum: Sendable>(
        _ count: Int, _ watch: DiskWatch, for touching: DiskWatch.Touching = .reading, threads: Int = 1,
        stop: StopRequest? = nil, after grace: Int = 0, isForSignals: Bool = false, into sum: consuming Sum,
        work: @escaping @Sendable (Int) -> Value, failing: @escaping @Sendable (Int, BrandFailure) -> Value,
        add: @escaping @Sendable (inout Sum, Int, Value) -> Void
    ) -> Sum {
        let total = Mutex<Sum?>(sum)
        let take: @Sendable (Int, Value) -> Void = { index, value in
            total.withLock { total in
                // Taken out, so that it is changed in place.
                guard var sum = total.take() else { return }
                add(&sum, index, value)
                total = sum
            }
        }
        if count > 0 {
            Walk(
                count, watch, touching,
                work: { step, walk in
                    let value = work(step.index)
                    return walk.finish(step) { take(step.index, value) }
                },
                failing: { index, failure in take(index, failing(index, failure)) }
            ).run(threads: min(threads, count), stop, after: grace, isForSignals)
        }
        guard let sum = total.withLock({ $0.take() }) else { preconditionFailure("a walk has one sum") }
        return sum
    }

    /// The same for what all of them bring, in their order.
    static func map<Value: Sendable>(
        _ count: Int, _ watch: DiskWatch, stop: StopRequest? = nil, work: @escaping @Sendable (Int) -> Value,
        failing: @escaping @Sendable (Int, BrandFailure) -> Value
    ) -> [Value] {
        run(
            count, watch, stop: stop, into: [Value?](repeating: nil, count: count), work: work, failing: failing,
            add: { values, index, value in values[index] = value }
        ).compactMap(\.self)
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
    /// Threads that may wait for disks at once, and threads that a run may lose to them.
    fileprivate static let width = 512
    fileprivate static let mostLost = 1024
    /// So many times what a disk may take, a piece of work may take that touches nothing by way of the watch.
    fileprivate static let longest = 6
    /// A brand whose files stand on more disks that hang than this is given up.
    fileprivate static let tries = 4
}

extension DiskWatch {
    /// Does something in a directory on a thread of its own, and waits no longer for it than a disk may take.
    /// - Parameter path: of what is touched, for the error.
    func wait<Value: Sendable>(
        _ path: String, in directory: String, for touching: Touching = .reading, stop: StopRequest? = nil,
        after grace: Int = 0,
        _ body: @escaping @Sendable () throws(FileError) -> Value
    ) throws(FileError) -> Value {
        let outcome = PatientWalk.run(
            1, self, for: touching, stop: stop, after: grace, isForSignals: true,
            into: Result<Value, FileError>.failure(.hanging(path)),
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

/// Not generic, since types made at run time cost more memory than the walk.
private final class Walk: Sendable {
    struct Step: Sendable {
        let number: Int
        let index: Int
        let waiter: DiskWatch.Waiter
        /// By the watch's time.
        let since: Duration
    }

    private struct State: Sendable {
        var next = 0
        let end: Int
        /// Pieces to be done once more.
        var again: [Int] = []
        /// How often a piece was given up.
        var tries: [Int: Int] = [:]
        var underWay: [Step] = []
        var threads = 0
        /// Counts steps begun.
        var begun = 0
        var left: Int

        init(count: Int) {
            end = count
            left = count
        }

        var isWaiting: Bool { !again.isEmpty || next < end }

        mutating func nextIndex() -> Int? {
            if let index = again.popLast() { return index }
            guard next < end else { return nil }
            defer { next += 1 }
            return next
        }
    }

    private let patience: Duration
    private let watch: DiskWatch
    private let work: @Sendable (Step, Walk) -> Bool
    private let failing: @Sendable (Int, BrandFailure) -> Void
    private let state: Mutex<State>
    private let finished = DispatchSemaphore(value: 0)

    /// - Parameter work: ends with ``finish(_:take:)``, and returns what that does.
    init(
        _ count: Int, _ watch: DiskWatch, _ touching: DiskWatch.Touching,
        work: @escaping @Sendable (Step, Walk) -> Bool, failing: @escaping @Sendable (Int, BrandFailure) -> Void
    ) {
        patience = watch.patience(for: touching)
        self.watch = watch
        self.work = work
        self.failing = failing
        state = Mutex(State(count: count))
    }

    func run(threads: Int, _ stop: StopRequest?, after grace: Int, _ isForSignals: Bool) {
        stop?.signal(finished, after: grace, isForSignals: isForSignals)
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
            let (threads, begun) = state.withLock { ($0.threads, $0.begun) }
            if more > 0, threads == 0 {
                // There are no threads to be had. Better unwatched than not at all; with disks that hang, it is enough.
                if begun > 0 { break }
                goOn()
            }
        }
        end(stop?.reason?.failure ?? Self.failure)
    }

    private static var failure: BrandFailure { BrandFailure(.diskHangs, "its disks take too long to answer") }

    private func startThread() {
        state.withLock { $0.threads += 1 }
        let hasStarted = DetachedThread.start { [self] in goOn() }
        if !hasStarted { state.withLock { $0.threads -= 1 } }
    }

    /// Does one piece after the other.
    private func goOn() {
        let waiter = DiskWatch.Waiter()
        DiskWatch.$waiter.withValue(waiter) {
            while let step = next(waiter), work(step, self) {}
        }
    }

    private func next(_ waiter: DiskWatch.Waiter) -> Step? {
        let now = watch.time
        return state.withLock { state in
            guard let index = state.nextIndex() else {
                state.threads -= 1
                return nil
            }
            state.begun += 1
            let step = Step(number: state.begun, index: index, waiter: waiter, since: now)
            state.underWay.append(step)
            return step
        }
    }

    /// Has `take` note what a piece of work has brought, unless the piece was given up.
    /// - Returns: whether its thread goes on: one that was left behind is no longer counted.
    func finish(_ step: Step, take: () -> Void) -> Bool {
        state.withLock { state in
            guard let place = state.underWay.firstIndex(where: { $0.number == step.number }) else {
                watch.lose(-1)
                return false
            }
            state.underWay.remove(at: place)
            take()
            state.left -= 1
            if state.left == 0 { finished.signal() }
            return true
        }
    }

    /// Leaves those behind that have been waiting too long, and has their pieces done once more: the watch knows by
    /// then what not to touch.
    private func giveUp() {
        watch.giveUp()
        let longest = watch.time - patience * PatientWalk.longest
        state.withLock { state in
            let given = state.underWay.filter { $0.waiter.isGivenUp || $0.since <= longest }
            guard !given.isEmpty else { return }
            state.underWay.removeAll { $0.waiter.isGivenUp || $0.since <= longest }
            state.threads -= given.count
            watch.lose(given.count)
            for step in given {
                state.tries[step.index, default: 0] += 1
                if state.tries[step.index, default: 0] < PatientWalk.tries {
                    state.again.append(step.index)
                } else {
                    failing(step.index, Self.failure)
                    state.left -= 1
                }
            }
            if state.left == 0 { finished.signal() }
        }
    }

    /// Whatever still comes in is nobody's.
    private func end(_ failure: BrandFailure) {
        state.withLock { state in
            for step in state.underWay { failing(step.index, failure) }
            watch.lose(state.underWay.count)
            state.underWay = []
            while let index = state.nextIndex() { failing(index, failure) }
        }
    }
}
