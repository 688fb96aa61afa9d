// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Threads for work that blocks: files, secrets, programs.
///
/// One thread does all short work, since waking others costs more. The pool grows while work waits in the queue and
/// no thread takes any. Work may have a time limit. A thread that waits for a disk cannot be stopped, so the pool
/// abandons it: the caller continues without the result, and another thread replaces it.
package final class WorkerPool: TaskExecutor {
    /// One piece of work.
    private struct Piece: Sendable {
        let limit: Duration?
        let perform: @Sendable () -> Void
        let onOverdue: @Sendable () -> Void
    }

    /// A piece of work in progress.
    private struct Running: Sendable {
        let number: Int
        let began: Duration
        /// Since ``start``; nil without a limit.
        var end: Duration?
        let onOverdue: @Sendable () -> Void
    }

    private struct State: Sendable {
        /// Pieces before ``head`` were taken and are nil.
        var queue: [Piece?] = []
        var head = 0
        var running: [Running] = []
        /// Started threads, without the abandoned ones.
        var threads = 0
        var idle = 0
        var abandoned = 0
        /// Pieces taken so far.
        var taken = 0
        var lastTaken: Duration = .zero
        var isWatched = false

        var waiting: Int { queue.count - head }

        mutating func next() -> Piece? {
            guard head < queue.count else { return nil }
            let piece = queue[head].take()
            head += 1
            if head == queue.count || head >= 256 {
                queue.removeFirst(head)
                head = 0
            }
            return piece
        }
    }

    private let width: Int
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let watch = DispatchQueue(label: "worker-pool-watch")
    /// Never signalled. The watch sleeps on it.
    private let pause = DispatchSemaphore(value: 0)
    private let start = ContinuousClock.now

    /// Longer than short work takes, or than waking a thread takes.
    private static let moment: Duration = .milliseconds(1)
    /// How often the watch checks for waiting and overdue work.
    private static let watchInterval = DispatchTimeInterval.milliseconds(5)
    /// The same while no work waits.
    private static let idleWatchInterval = DispatchTimeInterval.milliseconds(10)
    /// A gap between two checks that only a suspended process or host explains.
    private static let suspension: Duration = .seconds(1)
    /// The maximum of threads that never return.
    private static let abandonedLimit = 1024
    private static let idleSeconds = 2
    /// In bytes.
    private static let stackSize = 512 << 10

    /// - Parameter width: The maximum of threads, without the abandoned ones.
    package init(width: Int = 64) {
        self.width = width
    }

    /// Since ``start``. Not an instant, which is slow to copy.
    private var time: Duration { ContinuousClock.now - start }

    /// Queues `work` for a thread of the pool.
    ///
    /// - Parameters:
    ///   - limit: How long the work may take, from its start; nil for no limit.
    ///   - onOverdue: Called once on another thread if the work exceeds the limit. The work may still finish.
    package func submit(
        within limit: Duration? = nil, onOverdue: @escaping @Sendable () -> Void = {},
        _ work: @escaping @Sendable () -> Void
    ) {
        let now = time
        let (wakes, starts, watches) = state.withLock { state in
            state.queue.append(Piece(limit: limit, perform: work, onOverdue: onOverdue))
            let isStalled = state.running.isEmpty || now - state.lastTaken > Self.moment
            defer { state.isWatched = true }
            guard isStalled else { return (false, false, !state.isWatched) }
            state.lastTaken = now
            let wakes = state.idle > 0
            let starts = !wakes && state.threads < width
            if wakes { state.idle -= 1 }
            if starts { state.threads += 1 }
            return (wakes, starts, !state.isWatched)
        }
        if wakes { wakeUp.signal() }
        if starts { startThread() }
        if watches { watch.async { @Sendable [self] in look() } }
    }

    /// Runs `work` on a thread of the pool without blocking the caller's thread.
    /// - Returns: nil if the work exceeded its limit.
    package func value<Value: Sendable>(
        within limit: Duration? = nil, _ work: @escaping @Sendable () -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            guard let limit else {
                return submit { continuation.resume(returning: work()) }
            }
            let once = Once()
            submit(within: limit) {
                if once.claim() { continuation.resume(returning: nil) }
            } _: {
                let value = work()
                if once.claim() { continuation.resume(returning: value) }
            }
        }
    }

    /// Runs a step of a task. Tasks that prefer this executor may block: their steps run on threads of the pool.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        submit { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    // MARK: Threads

    private func startThread() {
        if !startDetachedThread() { state.withLock { $0.threads -= 1 } }
    }

    /// Starts a thread that is not joined. libdispatch has at most 255 threads, and a thread that waits for a hung disk
    /// may never return.
    /// - Returns: false if the system cannot start a thread.
    private func startDetachedThread() -> Bool {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, Self.stackSize)
        let pool = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { pool in
                if let pool = unsafe pool { unsafe Unmanaged<WorkerPool>.fromOpaque(pool).takeRetainedValue().serve() }
                return nil
            }, pool.toOpaque())
        if status != 0 { unsafe pool.release() }
        return status == 0
    }

    /// Runs work until the queue stays empty for a while, or until this thread is abandoned.
    private func serve() {
        while true {
            let now = time
            let taken = state.withLock { state -> (Piece, Int)? in
                guard let piece = state.next() else {
                    state.idle += 1
                    return nil
                }
                state.taken += 1
                state.lastTaken = now
                state.running.append(
                    Running(
                        number: state.taken, began: now, end: piece.limit.map { now + $0 }, onOverdue: piece.onOverdue))
                return (piece, state.taken)
            }
            if let (piece, number) = taken {
                piece.perform()
                let continues = state.withLock { state -> Bool in
                    guard let index = state.running.firstIndex(where: { $0.number == number }) else {
                        state.abandoned -= 1
                        return false
                    }
                    state.running.remove(at: index)
                    return true
                }
                guard continues else { return }
            } else if wakeUp.wait(timeout: .now() + .seconds(Self.idleSeconds)) == .timedOut {
                let ends = state.withLock { state -> Bool in
                    // A submitter may have counted on this thread at the last moment.
                    guard state.idle > 0 else { return false }
                    state.idle -= 1
                    state.threads -= 1
                    return true
                }
                if ends { return }
                wakeUp.wait()
            }
        }
    }

    /// The watch. While there is work, it wakes or starts threads and abandons those whose work is overdue.
    private func look() {
        var last = time
        var interval = Self.watchInterval
        while true {
            _ = pause.wait(timeout: .now() + interval)
            let now = time
            let gap = now - last
            last = now
            let (wakes, starts, overdue, continues) = state.withLock { state in
                // Suspended time does not count against the limit.
                if gap > Self.suspension {
                    for index in state.running.indices { state.running[index].end? += gap }
                }
                let overdue = state.running.filter { $0.end.map { $0 <= now } ?? false }
                if !overdue.isEmpty {
                    state.running.removeAll { $0.end.map { $0 <= now } ?? false }
                    state.threads -= overdue.count
                    state.abandoned += overdue.count
                }
                // More threads help only if all of them wait, as for a disk. Short work needs none.
                var wakes = 0
                var starts = 0
                if state.waiting > 0, state.running.allSatisfy({ now - $0.began > Self.moment }) {
                    let more = min(state.waiting, max(1, state.threads / 4))
                    wakes = min(more, state.idle)
                    if wakes == 0, state.abandoned < Self.abandonedLimit {
                        starts = max(0, min(more, width - state.threads))
                    }
                    state.idle -= wakes
                    state.threads += starts
                }
                interval = state.waiting > 0 ? Self.watchInterval : Self.idleWatchInterval
                state.isWatched = state.waiting > 0 || !state.running.isEmpty
                return (wakes, starts, overdue, state.isWatched)
            }
            for _ in 0..<wakes { wakeUp.signal() }
            for _ in 0..<starts { startThread() }
            for piece in overdue { piece.onOverdue() }
            // The system has no more threads. If the pool has no thread at all, the watch does the work.
            while let piece = state.withLock({ $0.threads == 0 ? $0.next() : nil }) { piece.perform() }
            guard continues else { return }
        }
    }
}

/// Lets only the first caller continue.
package final class Once: Sendable {
    private let flag = Atomic(false)

    package init() {}

    /// - Returns: true for the first caller only.
    package func claim() -> Bool { !flag.exchange(true, ordering: .acquiringAndReleasing) }

    package var isClaimed: Bool { flag.load(ordering: .acquiring) }
}
