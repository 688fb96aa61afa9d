// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Synchronization
import TestSupport
import Testing

@testable import Rotation

@Suite struct StartWindowTests {
    /// The started jobs in order, each with its place.
    private final class Started: Sendable {
        private let places = Mutex<[(name: String, place: StartWindow.Place)]>([])
        var names: [String] { places.withLock { $0.map(\.name) } }
        func note(_ job: BrandJob, _ place: StartWindow.Place) {
            places.withLock { $0.append((job.brand.name, place)) }
        }
        /// Releases the place of the job with this number.
        func leave(_ number: Int) {
            let place = places.withLock { $0[number].place }
            place.leave()
        }
    }

    private static func jobs(_ count: Int) -> [BrandJob] {
        (0..<count).map { number in
            let brand = Brand(
                name: "brand-\(number)", clientID: Sample.clientID, secret: .environment(variable: "UNUSED"),
                times: .unsaid, outputs: [])
            return BrandJob(unexamined: brand, nil)
        }
    }

    @Test func `at most as many jobs as places are started`() {
        let started = Started()
        let window = StartWindow(Self.jobs(20), width: 4) { started.note($0, $1) }
        window.fill()
        #expect(started.names == ["brand-0", "brand-1", "brand-2", "brand-3"])
        window.fill()
        #expect(started.names.count == 4)
    }

    @Test func `released places go to the next jobs, an eighth of the window at a time`() {
        let started = Started()
        let window = StartWindow(Self.jobs(20), width: 16) { started.note($0, $1) }
        window.fill()
        #expect(started.names.count == 16)
        started.leave(1)
        #expect(started.names.count == 16)
        started.leave(3)
        #expect(started.names.dropFirst(16) == ["brand-16", "brand-17"])
        started.leave(0)
        started.leave(2)
        #expect(started.names.count == 20)
        // No job is left.
        for number in 4..<20 { started.leave(number) }
        #expect(started.names == (0..<20).map { "brand-\($0)" })
    }

    @Test func `a place that is released twice counts once`() {
        let started = Started()
        let window = StartWindow(Self.jobs(20), width: 16) { started.note($0, $1) }
        window.fill()
        for _ in 0..<3 { started.leave(0) }
        #expect(started.names.count == 16)
    }

    @Test func `all jobs start if each releases its place at once`() {
        let started = Started()
        let window = StartWindow(Self.jobs(1000), width: 4) { job, place in
            started.note(job, place)
            place.leave()
        }
        window.fill()
        #expect(started.names == (0..<1000).map { "brand-\($0)" })
    }

    @Test func `many threads start each job once and never exceed the width`() {
        let taken = Mutex(0)
        let most = Mutex(0)
        let started = Started()
        let group = DispatchGroup()
        for _ in 0..<500 { group.enter() }
        let window = StartWindow(Self.jobs(500), width: 8) { job, place in
            started.note(job, place)
            let now = taken.withLock { taken in
                taken += 1
                return taken
            }
            most.withLock { $0 = max($0, now) }
            DispatchQueue.global().async {
                taken.withLock { $0 -= 1 }
                place.leave()
                group.leave()
            }
        }
        window.fill()
        group.wait()
        #expect(Set(started.names).count == 500 && started.names.count == 500)
        #expect((1...8).contains(most.withLock { $0 }))
    }
}
