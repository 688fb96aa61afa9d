// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Synchronization
import Testing

@testable import DurableFiles
@testable import TokenRotation

@Suite struct PatientWalkTests {
    private let watch = DiskWatch(patience: .milliseconds(400), forWriting: .seconds(30))

    /// A disk that answers nobody before it is told to.
    private final class SilentDisk: Sendable {
        private let door = DispatchSemaphore(value: 0)
        private let entered = Atomic<Int>(0)

        var visitors: Int { entered.load(ordering: .relaxed) }

        func enter() {
            entered.add(1, ordering: .relaxed)
            door.wait()
            door.signal()
        }

        func open() { _ = door.signal() }
    }

    private func numbers(
        _ count: Int, stop: StopRequest? = nil, work: @escaping @Sendable (Int) -> Int
    ) -> [Int] {
        PatientWalk.run(
            count, watch, stop: stop, into: [Int](repeating: -1, count: count), work: work,
            failing: { index, failure in failure.code == .stopped ? -100 - index : -200 - index },
            add: { numbers, index, number in numbers[index] = numbers[index] == -1 ? number : -300 })
    }

    @Test(arguments: [0, 1, 2, 1000]) func `each piece is done once, and its place is its own`(count: Int) {
        #expect(numbers(count) { 2 * $0 } == (0..<count).map { 2 * $0 })
    }

    @Test func `one thread is enough while it goes on`() {
        let underWay = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        PatientWalk.run(5000, watch) { _ in
            most.max(underWay.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            underWay.subtract(1, ordering: .relaxed)
        }
        #expect(most.load(ordering: .relaxed) <= 2)
    }

    @Test func `a disk that hangs holds up what stands on it, and that fails once the watch knows`() {
        let disk = SilentDisk()
        defer { disk.open() }
        let found = numbers(50) { [watch] index in
            guard index % 10 == 3 else { return index }
            do throws(FileError) {
                return try watch.touch("/silent/\(index)", in: "/silent") { () throws(FileError) in
                    disk.enter()
                    return index
                }
            } catch {
                return error.reason == .hanging ? -2 : -3
            }
        }
        #expect(found == (0..<50).map { $0 % 10 == 3 ? -2 : $0 })
        // Those that began before the first was given up.
        #expect((1...5).contains(disk.visitors))
    }

    @Test func `what hangs unknown to the watch is tried a few times, and fails`() {
        let disk = SilentDisk()
        defer { disk.open() }
        let found = numbers(3) { index in
            if index == 1 { disk.enter() }
            return index
        }
        #expect(found == [0, -201, 2])
        #expect((2...6).contains(disk.visitors))
    }

    @Test func `what comes late is nobody's`() {
        let disk = SilentDisk()
        let calls = Atomic<Int>(0)
        let found = numbers(2) { index in
            if index == 0, calls.add(1, ordering: .relaxed).newValue == 1 {
                disk.enter()
                return 77
            }
            // The first call returns while the second one is under way.
            if index == 0 { disk.open() }
            return index
        }
        #expect(found == [0, 1])
    }

    @Test func `a stop ends it, and what was not done is told apart`() {
        let disk = SilentDisk()
        defer { disk.open() }
        let stop = StopRequest()
        DispatchQueue(label: "signal").asyncAfter(deadline: .now() + .milliseconds(350)) { stop.stop(.terminated) }
        let begin = ContinuousClock.now
        let found = numbers(3, stop: stop) { index in
            if index == 1 { disk.enter() }
            return index
        }
        #expect(found == [0, -101, 2])
        #expect(ContinuousClock.now - begin < .seconds(2))
        #expect(numbers(2, stop: stop) { $0 }.allSatisfy { $0 <= 1 })
    }

    @Test func `a disk that is slow and answers is waited for, however long the whole takes`() {
        let tries = Atomic<Int>(0)
        let found = numbers(2) { [watch] index in
            guard index == 0 else { return index }
            tries.add(1, ordering: .relaxed)
            for _ in 0..<6 {
                try? watch.touch("/slow/a", in: "/slow") { () throws(FileError) in Thread.wait(milliseconds: 150) }
            }
            return 7
        }
        #expect(found == [7, 1])
        #expect(tries.load(ordering: .relaxed) == 1)
    }

    @Test func `hundreds of disks that hang leave time for the one that does not`() {
        let disk = SilentDisk()
        defer { disk.open() }
        let begin = ContinuousClock.now
        let found = numbers(400) { [watch] index in
            guard index < 399 else { return index }
            do throws(FileError) {
                try watch.touch("/\(index)/a", in: "/\(index)") { () throws(FileError) in disk.enter() }
                return index
            } catch {
                return -2
            }
        }
        #expect(found == [Int](repeating: -2, count: 399) + [399])
        // One by one it would be minutes.
        #expect(ContinuousClock.now - begin < .seconds(30))
    }

    @Test func `a link that hangs closes itself and no directory`() {
        let disk = SilentDisk()
        defer { disk.open() }
        DispatchQueue.global().async { [watch] in
            try? watch.touch("/tokens/a", at: .link("/tokens/a")) { () throws(FileError) in disk.enter() }
        }
        while disk.visitors == 0 {}
        Thread.wait(milliseconds: 600)
        watch.giveUp()
        #expect(throws: FileError.hanging("/tokens/a")) {
            try watch.touch("/tokens/a", at: .link("/tokens/a")) { () throws(FileError) in }
        }
        #expect(throws: Never.self) {
            try watch.touch("/tokens/b", at: .link("/tokens/b")) { () throws(FileError) in }
            try watch.touch("/tokens/b", in: "/tokens") { () throws(FileError) in }
        }
    }

    @Test func `who writes is waited for longer than who reads`() {
        let disk = SilentDisk()
        defer { disk.open() }
        DispatchQueue.global().async { [watch] in
            try? watch.touch("/slow/a", in: "/slow", for: .writing) { () throws(FileError) in disk.enter() }
        }
        while disk.visitors == 0 {}
        Thread.wait(milliseconds: 600)
        watch.giveUp()
        #expect((try? watch.touch("/slow/b", in: "/slow") { () throws(FileError) in 1 }) == 1)
    }

    @Test func `whoever waits is told once that it is given up, and the directory is closed from then on`() {
        let disk = SilentDisk()
        let told = Mutex<[FileError]>([])
        DispatchQueue.global().async { [watch] in
            try? watch.touch(
                "/silent/a", at: .directory("/silent"), onHang: { error in told.withLock { $0.append(error) } }
            ) { () throws(FileError) in disk.enter() }
        }
        while disk.visitors == 0 {}
        watch.giveUp()
        #expect(told.withLock { $0.isEmpty })
        Thread.wait(milliseconds: 600)
        watch.giveUp()
        watch.giveUp()
        #expect(told.withLock { $0.map(\.reason) } == [.hanging])
        disk.open()
        #expect(throws: FileError.hanging("/silent/b")) {
            try watch.touch("/silent/b", in: "/silent") { () throws(FileError) in }
        }
        // No mount is known to hang with it.
        #expect(throws: Never.self) { try watch.touch("/silent/c/d", in: "/silent/c") { () throws(FileError) in } }
    }

    @Test func `lanes that do not come back get company`() {
        let lanes = Lanes(label: "test", count: 2, limit: 5)
        let disk = SilentDisk()
        defer { disk.open() }
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<4 { lanes.async { disk.enter() } }
        lanes.async { done.signal() }
        #expect(done.wait(timeout: .now() + 30) == .success)
        #expect(disk.visitors == 4)
    }

    private enum Thread {
        static func wait(milliseconds: Int) {
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
        }
    }
}
