// SPDX-License-Identifier: Apache-2.0

import Dispatch
import DurableFiles
import Synchronization
import Testing

@Suite("Random numbers") struct RandomNumbersTests {
    @Test("no number is returned twice, also to concurrent callers") func areGivenOnce() {
        let given = Mutex<[UInt64]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let mine = (0..<1000).map { _ in RandomNumbers.next() }
            given.withLock { $0 += mine }
        }
        let all = given.withLock { $0 }
        #expect(all.count == 8000)
        #expect(Set(all).count == 8000)
    }

    @Test("every bit of the numbers changes") func useAllBits() {
        let some = (0..<100).map { _ in RandomNumbers.next() }
        #expect(some.reduce(0, |) == .max)
        #expect(some.reduce(.max, &) == 0)
    }
}
