// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Processes
import Synchronization
import Testing

/// Work that waits until the test releases it, like work on a disk that does not respond.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let waiting = Atomic(0)

    var count: Int { waiting.load(ordering: .acquiring) }

    func wait() {
        waiting.add(1, ordering: .acquiringAndReleasing)
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}

@Suite(.timeLimit(.minutes(1))) struct WorkerPoolTests {
    @Test(arguments: [0, 1, 2, 1000]) func `each number is done once, and its result has its index`(count: Int) {
        let calls = Mutex([Int: Int]())
        let results = WorkerPool().map(count, within: .seconds(20)) { number in
            calls.withLock { $0[number, default: 0] += 1 }
            return number * 3
        }
        #expect(results == (0..<count).map { $0 * 3 })
        #expect(calls.withLock { $0.count } == count)
        #expect(calls.withLock { $0.values.allSatisfy { $0 == 1 } })
    }

    @Test func `short work keeps one thread busy`() {
        let threads = Mutex(Set<UInt>())
        _ = WorkerPool().map(200, within: nil) { _ in
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
        }
        #expect(threads.withLock { $0.count } <= 2)
    }

    @Test func `work over its limit has no result, and does not delay other work`() {
        let gate = Gate()
        defer { gate.open() }
        let began = ContinuousClock.now
        // Two groups: the rest of a group that hangs is done too.
        let results = WorkerPool(width: 4).map(100, within: .milliseconds(300)) { number in
            if number == 3 || number == 70 { gate.wait() }
            return number
        }
        #expect(results.indices.filter { results[$0] == nil } == [3, 70])
        #expect(results[4] == 4 && results[99] == 99)
        #expect(.now - began < .seconds(20))
    }

    @Test func `a hundred pieces that hang leave time for the one that does not`() {
        let gate = Gate()
        defer { gate.open() }
        let results = WorkerPool(width: 512).map(101, within: .seconds(1), grouping: 1) { number in
            if number < 100 { gate.wait() }
            return number
        }
        #expect(results[100] == 100)
        #expect(results.dropLast().allSatisfy { $0 == nil })
        #expect(gate.count == 100)
    }

    @Test func `more hanging pieces than threads only take their time limit`() {
        let gate = Gate()
        defer { gate.open() }
        let results = WorkerPool(width: 4).map(13, within: .milliseconds(100), grouping: 1) { number in
            if number < 12 { gate.wait() }
            return number
        }
        #expect(results[12] == 12)
    }

    @Test func `a late result is dropped`() {
        let gate = Gate()
        let isDone = DispatchSemaphore(value: 0)
        let pool = WorkerPool()
        let results = pool.map(1, within: .milliseconds(50)) { _ in
            gate.wait()
            isDone.signal()
            return 1
        }
        #expect(results == [nil])
        gate.open()
        isDone.wait()
        // The pool still works.
        #expect(pool.map(1, within: nil) { _ in 2 } == [2])
    }

    @Test func `cancelling ends the wait, and keeps the results so far`() {
        let gate = Gate()
        defer { gate.open() }
        let cancel = Mutex<(@Sendable () -> Void)?>(nil)
        let results = WorkerPool().map(
            3, within: nil, grouping: 1, onCancel: { handler in cancel.withLock { $0 = handler } }
        ) {
            number -> Int in
            if number == 1 { gate.wait() }
            if number == 2 { cancel.withLock { $0 }?() }
            return number
        }
        #expect(results[0] == 0)
        #expect(results[1] == nil)
    }

    @Test func `the time limit counts from the start of a piece, not from its submission`() {
        let results = WorkerPool(width: 1).map(10, within: .seconds(2), grouping: 1) { number in
            usleep(300_000)
            return number
        }
        #expect(results == Array(0..<10))
    }

    @Test func `waiting for a result blocks no thread of the caller`() async {
        let gate = Gate()
        let pool = WorkerPool()
        async let slow = pool.value { () -> Int in
            gate.wait()
            return 1
        }
        async let overdue = pool.value(within: .milliseconds(50)) { () -> Int in
            gate.wait()
            return 2
        }
        async let quick = pool.value { 3 }
        #expect(await quick == 3)
        #expect(await overdue == nil)
        gate.open()
        #expect(await slow == 1)
    }

    @Test func `work that waits spreads over many threads`() {
        // Each of the eight waits for the others.
        let arrived = Atomic(0)
        let all = DispatchSemaphore(value: 0)
        let results = WorkerPool(width: 8).map(8, within: .seconds(20), grouping: 1) { _ in
            if arrived.add(1, ordering: .acquiringAndReleasing).newValue == 8 {
                for _ in 0..<8 { all.signal() }
            }
            all.wait()
            return true
        }
        #expect(results.allSatisfy { $0 == true })
    }
}
