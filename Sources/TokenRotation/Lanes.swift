// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Serial queues side by side that take their work from one line: as many as the work's waiting is worth.
///
/// Work that is over in microseconds (files on tmpfs) keeps one lane busy, since waking others costs more than it
/// brings. Work that waits (fsync on a disk, a child process) spreads over all of them: whatever is in the line while
/// a lane is busy with one piece for longer than a moment gets another lane. Not one concurrent queue: on Linux that
/// grows slowly, and only to a few threads, when its blocks wait.
final class Lanes: Sendable {
    /// One piece of work. A closure by itself would be wrapped anew wherever it passes through something generic.
    private struct Piece: Sendable {
        let perform: @Sendable () -> Void
    }

    private struct Line: Sendable {
        /// What stands before ``head`` was taken, and is nil.
        var work: [Piece?] = []
        var head = 0
        var idle: [DispatchQueue]
        /// How many lanes there are.
        var count: Int
        /// When a lane last took work, or was woken to.
        var lastTaken: Duration
        /// Whether somebody looks now and then whether the line stands still.
        var isWatched = false
        /// Whether work was taken since the last look.
        var hasMoved = false
        /// How often of late a piece of work took longer than a moment, up to ``Lanes/certainty``. A thread that was
        /// not given the processor looks like one that waits, and is none whom another lane would help.
        var slowness = 0

        var isEmpty: Bool { head == work.count }

        mutating func next(_ now: Duration) -> Piece? {
            guard !isEmpty else { return nil }
            defer {
                head += 1
                if head == work.count || head >= 256 {
                    work.removeFirst(head)
                    head = 0
                }
            }
            lastTaken = now
            hasMoved = true
            return work[head].take()
        }

        /// Whether the lanes at work are busy with what takes its time.
        func standsStill(_ now: Duration) -> Bool {
            now - lastTaken > (isSlow ? Lanes.moment : Lanes.longMoment)
        }

        var isSlow: Bool { slowness > 1 }

        /// Takes down how long a piece of work took.
        mutating func note(_ duration: Duration) {
            slowness = duration > Lanes.moment ? min(slowness + 1, Lanes.certainty) : max(slowness - 1, 0)
        }

        /// A lane to wake, if one is idle.
        mutating func wake(_ now: Duration) -> DispatchQueue? {
            lastTaken = now
            return idle.popLast()
        }
    }

    private let label: String
    private let limit: Int
    private let watch: DispatchQueue
    /// Never signalled: what the watch waits at.
    private let pause = DispatchSemaphore(value: 0)
    private let line: Mutex<Line>
    private let start = ContinuousClock.now

    /// What fast work takes, and a thread takes to wake.
    private static let moment: Duration = .microseconds(500)
    /// After so long, what all lanes are busy with is taken for something that does not end: it gets company.
    private static let patience: Duration = .seconds(2)
    /// What fast work takes on a busy machine.
    private static let longMoment: Duration = .milliseconds(4)
    private static let certainty = 8
    /// How long a line of slow work may stand still unseen.
    private static let watchInterval = DispatchTimeInterval.milliseconds(5)
    /// The same of fast work, which is mostly seen by whoever brings more of it.
    private static let longWatchInterval = DispatchTimeInterval.milliseconds(20)

    /// - Parameters:
    ///   - count: how many lanes there are.
    ///   - limit: how many there may be in the end, where those there are do not come back from their work.
    init(label: String, count: Int = 8, limit: Int? = nil) {
        self.label = label
        self.limit = limit ?? count
        watch = DispatchQueue(label: "\(label)-watch")
        line = Mutex(Line(idle: Self.lanes(label, count), count: count, lastTaken: .zero))
    }

    /// Since these lanes were made. Not an instant: what holds one is slow to copy.
    private var time: Duration { ContinuousClock.now - start }

    private static func lanes(_ label: String, _ count: Int) -> [DispatchQueue] {
        (0..<count).map { DispatchQueue(label: "\(label)-\($0)") }
    }

    /// Runs `work` soon, in the order given as far as one lane serves.
    func async(_ work: @escaping @Sendable () -> Void) {
        let now = time
        let (lane, isUnwatched) = line.withLock { line -> (DispatchQueue?, Bool) in
            line.work.append(Piece(perform: work))
            let lane = line.idle.count == line.count || line.standsStill(now) ? line.wake(now) : nil
            defer { line.isWatched = true }
            return (lane, !line.isWatched)
        }
        if let lane { serve(lane) }
        if isUnwatched { watch.async { @Sendable [self] in look() } }
    }

    /// Looks now and then whether the line stands still, as long as there is one: nobody else may come by. On a thread
    /// that sleeps meanwhile: a timer of the queue's would wake two for each look.
    private func look() {
        var interval = Self.watchInterval
        while true {
            _ = pause.wait(timeout: .now() + interval)
            let now = time
            let (lanes, goesOn) = line.withLock { line -> ([DispatchQueue], Bool) in
                line.isWatched = !line.isEmpty || line.hasMoved
                line.hasMoved = false
                interval = line.isSlow ? Self.watchInterval : Self.longWatchInterval
                guard line.standsStill(now) else { return ([], line.isWatched) }
                if !line.isEmpty, line.count < limit, now - line.lastTaken > Self.patience {
                    let new = Self.lanes(label, min(line.count, limit - line.count))
                    line.idle += new
                    line.count += new.count
                }
                var woken: [DispatchQueue] = []
                for _ in line.head..<line.work.count { if let lane = line.idle.popLast() { woken.append(lane) } }
                return (woken, line.isWatched)
            }
            for lane in lanes { serve(lane) }
            guard goesOn else { return }
        }
    }

    /// Takes work from the line until there is none.
    private func serve(_ lane: DispatchQueue) {
        lane.async { @Sendable [self] in
            var last: Duration?
            var now = time
            while true {
                let (work, another) = line.withLock { line -> (Piece?, DispatchQueue?) in
                    if let last { line.note(last) }
                    // Whoever comes back from a wait finds out here that others may wait as well.
                    let standsStill = line.standsStill(now)
                    guard let work = line.next(now) else {
                        line.idle.append(lane)
                        return (nil, nil)
                    }
                    return (work, standsStill && !line.isEmpty ? line.wake(now) : nil)
                }
                guard let work else { return }
                if let another { serve(another) }
                work.perform()
                let end = time
                last = end - now
                now = end
            }
        }
    }

    /// Runs `work` for 0..<count spread over the lanes, and waits for all.
    func forEach(count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let lanes = line.withLock { $0.idle }
        let width = min(count, lanes.count)
        guard width > 1 else {
            for index in 0..<count { work(index) }
            return
        }
        let group = DispatchGroup()
        for lane in 0..<width {
            lanes[lane].async(group: group) { @Sendable in
                for index in stride(from: lane, to: count, by: width) { work(index) }
            }
        }
        group.wait()
    }
}
