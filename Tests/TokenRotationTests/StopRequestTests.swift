// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Synchronization
import Testing

@testable import TokenRotation

@Suite struct StopRequestTests {
    /// What was called, in the order of the calls.
    private final class Calls: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func note(_ name: String) { names.withLock { $0.append(name) } }
    }

    @Test func `nothing happens until somebody asks`() {
        let stop = StopRequest()
        let calls = Calls()
        stop.onStop { calls.note("a") }
        #expect(stop.reason == nil)
        #expect(calls.all.isEmpty)
    }

    @Test func `the first reason stays, and each handler is called once`() {
        let stop = StopRequest()
        let calls = Calls()
        stop.onStop { calls.note("a") }
        stop.onStop { calls.note("b") }
        stop.stop(.terminated)
        stop.stop(.interrupted)
        stop.stop(.deadline)
        #expect(stop.reason == .terminated)
        #expect(calls.all.sorted() == ["a", "b"])
    }

    @Test func `a signal takes the place of the deadline, and no handler is called again`() {
        let stop = StopRequest()
        let calls = Calls()
        stop.onStop { calls.note("a") }
        stop.stop(.deadline)
        #expect(!stop.isBySignal)
        stop.stop(.deadline)
        stop.stop(.terminated)
        #expect(stop.reason == .terminated)
        #expect(stop.isBySignal)
        stop.stop(.interrupted)
        stop.stop(.deadline)
        #expect(stop.reason == .terminated)
        #expect(calls.all == ["a"])
    }

    @Test func `who comes late is called at once`() {
        let stop = StopRequest()
        let calls = Calls()
        stop.stop(.deadline)
        stop.onStop { calls.note("late") }
        #expect(calls.all == ["late"])
        stop.stop(.interrupted)
        #expect(calls.all == ["late"])
    }

    @Test func `a handler sees the reason and may use the request again`() {
        let stop = StopRequest()
        let calls = Calls()
        stop.onStop {
            calls.note("\(stop.reason == .interrupted)")
            stop.onStop { calls.note("inner") }
            stop.stop(.terminated)
        }
        stop.stop(.interrupted)
        #expect(calls.all == ["true", "inner"])
        #expect(stop.reason == .interrupted)
    }

    @Test func `of many threads one is first and no handler is lost or doubled`() {
        for round in 0..<50 {
            let stop = StopRequest()
            let calls = Calls()
            DispatchQueue.concurrentPerform(iterations: 40) { index in
                if index % 4 == round % 4 {
                    stop.stop(index % 2 == 0 ? .terminated : .interrupted)
                } else {
                    stop.onStop { calls.note("\(index)") }
                }
            }
            #expect(stop.reason != nil)
            #expect(calls.all.count == 30 && Set(calls.all).count == 30)
        }
    }

    @Test(arguments: [
        (StopRequest.Reason.deadline, BrandFailure.Code.deadlineExceeded), (.interrupted, .stopped),
        (.terminated, .stopped),
    ])
    func `a brand that was stopped may be tried again`(reason: StopRequest.Reason, code: BrandFailure.Code) {
        #expect(reason.failure.code == code)
        #expect(reason.failure.isTransient)
    }
}

@Suite struct RandomIdentifierTests {
    /// RFC 9562 §5.4, in lower case.
    @Test func `each is a version 4 UUID and none comes twice`() {
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        let made = (0..<5000).map { _ in RandomIdentifier.make() }
        #expect(made.allSatisfy { $0.wholeMatch(of: form) != nil })
        #expect(Set(made).count == made.count)
    }

    /// Every digit that is free takes every value.
    @Test func `all the other bits are random`() {
        let made = (0..<2000).map { _ in Array(RandomIdentifier.make()) }
        for place in 0..<36 where ![8, 13, 14, 18, 23].contains(place) {
            #expect(Set(made.map { $0[place] }).count == (place == 19 ? 4 : 16), "place \(place)")
        }
    }
}
