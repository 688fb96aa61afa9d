// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Serial queues side by side, for work that waits for a disk or a child process.
///
/// Not one concurrent queue: on Linux that grows slowly, and only to a few threads, when its blocks wait.
final class Lanes: Sendable {
    private final class Lane: Sendable {
        let queue: DispatchQueue
        let pending = Atomic<Int>(0)

        init(_ label: String) {
            queue = DispatchQueue(label: label)
        }
    }

    private let lanes: [Lane]

    init(label: String, count: Int = 8) {
        lanes = (0..<count).map { Lane("\(label)-\($0)") }
    }

    /// Runs `work` soon: on the first lane with next to nothing to do, so that fast work keeps one thread busy instead
    /// of waking all, and slow work spreads over all of them.
    func async(_ work: @escaping @Sendable () -> Void) {
        var chosen = lanes[0]
        var least = Int.max
        for lane in lanes {
            let pending = lane.pending.load(ordering: .relaxed)
            if pending < least {
                chosen = lane
                least = pending
            }
            if pending < 3 { break }
        }
        let lane = chosen
        lane.pending.add(1, ordering: .relaxed)
        lane.queue.async { @Sendable in
            work()
            lane.pending.subtract(1, ordering: .relaxed)
        }
    }

    /// Runs `work` for 0..<count spread over the lanes, and waits for all.
    func forEach(count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let width = min(count, lanes.count)
        guard width > 1 else {
            for index in 0..<count { work(index) }
            return
        }
        let group = DispatchGroup()
        for lane in 0..<width {
            lanes[lane].queue.async(group: group) { @Sendable in
                for index in stride(from: lane, to: count, by: width) { work(index) }
            }
        }
        group.wait()
    }
}
