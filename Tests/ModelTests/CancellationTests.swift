// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Synchronization
import Testing

@Suite struct CancellationTests {
    /// The handlers that were called, in order.
    private final class Calls: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func note(_ name: String) { names.withLock { $0.append(name) } }
    }

    @Test func `nothing is called without a cancellation`() {
        let stop = Cancellation()
        let calls = Calls()
        stop.onStop { calls.note("a") }
        #expect(stop.reason == nil)
        #expect(calls.all.isEmpty)
    }

    @Test func `the first reason wins, and each handler is called once`() {
        let stop = Cancellation()
        let calls = Calls()
        stop.onStop { calls.note("a") }
        stop.onStop { calls.note("b") }
        stop.stop(.terminated)
        stop.stop(.interrupted)
        stop.stop(.deadline)
        #expect(stop.reason == .terminated)
        #expect(calls.all.sorted() == ["a", "b"])
    }

    @Test func `a signal overrides the deadline, and no handler is called again`() {
        let stop = Cancellation()
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

    @Test func `a handler that is added after a cancellation is called at once`() {
        let stop = Cancellation()
        let calls = Calls()
        stop.stop(.deadline)
        stop.onStop { calls.note("late") }
        #expect(calls.all == ["late"])
        stop.stop(.interrupted)
        #expect(calls.all == ["late"])
    }

    @Test func `a handler sees the reason and may use the cancellation again`() {
        let stop = Cancellation()
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

    @Test func `with many threads, one reason wins and each handler is called once`() {
        for round in 0..<50 {
            let stop = Cancellation()
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
        (Cancellation.Reason.deadline, BrandFailure.Code.deadlineExceeded), (.interrupted, .stopped),
        (.terminated, .stopped),
    ])
    func `the failure of a cancelled brand is transient`(reason: Cancellation.Reason, code: BrandFailure.Code) {
        #expect(reason.failure.code == code)
        #expect(reason.failure.isTransient)
    }
}
