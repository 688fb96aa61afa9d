// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Serial queues side by side that take their work from one line: as many as the work's waiting is worth.
///
/// Work that is over in microseconds (files on tmpfs) keeps one lane busy, since waking others costs more than it
/// brings. Work that waits (fsync on a disk, a child process) spreads over all of them. Not one concurrent queue: on
/// Linux that grows slowly, and only to a few threads, when its blocks wait.
final class Lanes: Sendable {
    private struct Line: Sendable {
        var work: [@Sendable () -> Void] = []
        var head = 0
        var idle: [Int]
        /// Whether the last piece of work took longer than a thread takes to wake.
        var isSlow = false

        var isEmpty: Bool { head == work.count }

        mutating func next() -> (@Sendable () -> Void)? {
            guard !isEmpty else { return nil }
            defer {
                head += 1
                if head == work.count || head >= 256 {
                    work.removeFirst(head)
                    head = 0
                }
            }
            return work[head]
        }
    }

    private let queues: [DispatchQueue]
    private let line: Mutex<Line>

    /// Above it, work is taken to wait for something.
    private static let slow: Duration = .microseconds(300)

    init(label: String, count: Int = 8) {
        queues = (0..<count).map { DispatchQueue(label: "\(label)-\($0)") }
        line = Mutex(Line(idle: Array((0..<count).reversed())))
    }

    /// Runs `work` soon, in the order given as far as one lane serves.
    func async(_ work: @escaping @Sendable () -> Void) {
        let lane = line.withLock { line -> Int? in
            line.work.append(work)
            guard line.isSlow || line.idle.count == queues.count else { return nil }
            return line.idle.popLast()
        }
        if let lane { serve(lane) }
    }

    /// Takes work from the line until there is none.
    private func serve(_ lane: Int) {
        queues[lane].async { @Sendable [self] in
            var began = ContinuousClock.now
            var isFirst = true
            while true {
                let now = ContinuousClock.now
                let (work, another) = line.withLock { line -> ((@Sendable () -> Void)?, Int?) in
                    if !isFirst { line.isSlow = now - began > Self.slow }
                    guard let work = line.next() else {
                        line.idle.append(lane)
                        return (nil, nil)
                    }
                    return (work, line.isSlow && !line.isEmpty ? line.idle.popLast() : nil)
                }
                guard let work else { return }
                if let another { serve(another) }
                began = now
                isFirst = false
                work()
            }
        }
    }

    /// Runs `work` for 0..<count spread over the lanes, and waits for all.
    func forEach(count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let width = min(count, queues.count)
        guard width > 1 else {
            for index in 0..<count { work(index) }
            return
        }
        let group = DispatchGroup()
        for lane in 0..<width {
            queues[lane].async(group: group) { @Sendable in
                for index in stride(from: lane, to: count, by: width) { work(index) }
            }
        }
        group.wait()
    }
}
