// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// A destination in memory. A test can hold its writes, and make a number of them fail.
private final class MemoryDestination: SharedDestination {
    struct Write: Sendable {
        let tokens: [String: Token]
        let isLast: Bool
    }

    private struct State: Sendable {
        var writes: [Write] = []
        var failures: Int
    }

    let brands: [String]
    let kind = "memory"
    let name = "memory"
    let isAsConfigured = true
    let interval: Duration
    /// Signalled when a write begins.
    let begun = DispatchSemaphore(value: 0)
    /// Each write waits for it; nil if writes do not wait.
    private let turn: DispatchSemaphore?
    private let state: Mutex<State>

    init(_ brands: [String], interval: Duration = .zero, failures: Int = 0, turn: DispatchSemaphore? = nil) {
        self.brands = brands
        self.interval = interval
        self.turn = turn
        state = Mutex(State(failures: failures))
    }

    var failure: BrandFailure? { nil }
    var tokensNotInFiles: [Token] { writes.flatMap(\.tokens.values) }
    var writes: [Write] { state.withLock { $0.writes } }

    func read() {}
    func snapshots(of brand: Brand) -> [OutputSnapshot] { [] }

    func write(_ tokens: [String: Token], isLast: Bool, barrier: WriteBarrier?) -> [PlaceOutcome]? {
        let fails = state.withLock { state in
            state.writes.append(Write(tokens: tokens, isLast: isLast))
            state.failures -= 1
            return state.failures >= 0 && !isLast
        }
        begun.signal()
        turn?.wait()
        barrier?.pass()
        guard !fails else { return nil }
        return tokens.keys.sorted().map { brand in
            PlaceOutcome(brand: brand, output: OutputOutcome(path: "memory/\(brand)", kind: .written))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SharedPublisherTests {
    private let noted = Noted()

    /// The outcomes that the publisher reported.
    private final class Noted: Sendable {
        private let places = Mutex<[String]>([])
        var all: [String] { places.withLock { $0 } }
        func note(_ place: PlaceOutcome) { places.withLock { $0.append(place.output.path) } }
    }

    private func publisher(_ destinations: [any SharedDestination], barrier: WriteBarrier? = nil) -> SharedPublisher {
        SharedPublisher(destinations, barrier: barrier) { [noted] in noted.note($0) }
    }

    private func brand(_ name: String) -> Brand {
        Brand(
            name: name, clientID: "BRN-\(name)", secret: .environment(variable: "UNUSED"), times: .unsaid, outputs: [])
    }

    private func token(_ name: String) throws -> Token { try Sample.token("token-of-\(name)") }

    /// Waits for the last writes.
    /// - Returns: how often `then` was called.
    private func finish(_ publisher: SharedPublisher) -> Int {
        let calls = Mutex(0)
        let group = DispatchGroup()
        publisher.finish(in: group) { calls.withLock { $0 += 1 } }
        group.wait()
        return calls.withLock { $0 }
    }

    @Test func `a new token is written automatically, and its outcome is reported`() throws {
        let destination = MemoryDestination(["kopi", "teh"])
        let publisher = publisher([destination])
        publisher.add(try token("kopi"), of: brand("kopi"))
        destination.begun.wait()
        #expect(destination.writes.map { $0.tokens.keys.sorted() } == [["kopi"]])
        #expect(destination.writes.first?.isLast == false)
        #expect(finish(publisher) == 1)
        #expect(noted.all == ["memory/kopi", "memory/kopi"])
    }

    @Test func `tokens added during a write share the next write`() throws {
        let turn = DispatchSemaphore(value: 0)
        let names = ["kopi", "teh", "jamu", "susu"]
        let destination = MemoryDestination(names, turn: turn)
        let publisher = publisher([destination])
        publisher.add(try token("kopi"), of: brand("kopi"))
        destination.begun.wait()
        for name in names.dropFirst() { publisher.add(try token(name), of: brand(name)) }
        turn.signal()
        destination.begun.wait()
        #expect(destination.writes.map { $0.tokens.count } == [1, 4])
        turn.signal()
        turn.signal()
        #expect(finish(publisher) == 1)
        #expect(destination.writes.map(\.isLast) == [false, false, true])
    }

    @Test func `a failed write is retried`() throws {
        let destination = MemoryDestination(["kopi"], failures: 2)
        let publisher = publisher([destination])
        publisher.add(try token("kopi"), of: brand("kopi"))
        for _ in 0..<3 { destination.begun.wait() }
        #expect(finish(publisher) == 1)
        #expect(destination.writes.map(\.isLast) == [false, false, false, true])
        #expect(destination.writes.allSatisfy { $0.tokens.count == 1 })
        #expect(noted.all == ["memory/kopi", "memory/kopi"])
    }

    @Test func `the last write does not wait for the interval`() throws {
        let destination = MemoryDestination(["kopi", "teh"], interval: .seconds(3600))
        let publisher = publisher([destination])
        publisher.add(try token("kopi"), of: brand("kopi"))
        publisher.add(try token("teh"), of: brand("teh"))
        #expect(finish(publisher) == 1)
        #expect(destination.writes.map { $0.tokens.count } == [2])
        #expect(destination.writes.map(\.isLast) == [true])
        #expect(noted.all == ["memory/kopi", "memory/teh"])
    }

    @Test func `each destination gets the tokens of its own brands`() throws {
        let (first, second) = (MemoryDestination(["kopi", "teh"]), MemoryDestination(["teh"]))
        let publisher = publisher([first, second])
        for name in ["kopi", "teh", "alone"] { publisher.add(try token(name), of: brand(name)) }
        #expect(publisher.isNeeded(for: brand("kopi")) && !publisher.isNeeded(for: brand("alone")))
        #expect(finish(publisher) == 2)
        #expect(first.writes.last?.tokens.keys.sorted() == ["kopi", "teh"])
        #expect(second.writes.last?.tokens.keys.sorted() == ["teh"])
        #expect(Set(publisher.tokensNotInFiles.map(\.text)) == ["token-of-kopi", "token-of-teh"])
    }

    @Test func `a hanging destination does not delay the others`() throws {
        let turn = DispatchSemaphore(value: 0)
        let (hanging, good) = (MemoryDestination(["kopi"], turn: turn), MemoryDestination(["kopi"]))
        let publisher = publisher([hanging, good])
        publisher.add(try token("kopi"), of: brand("kopi"))
        hanging.begun.wait()
        good.begun.wait()
        #expect(good.writes.count == 1)
        turn.signal()
        turn.signal()
        #expect(finish(publisher) == 2)
    }

    @Test func `the barrier is passed once for all destinations`() throws {
        let passes = Mutex(0)
        let publisher = publisher(
            [MemoryDestination(["kopi"]), MemoryDestination(["kopi"])],
            barrier: WriteBarrier { passes.withLock { $0 += 1 } })
        publisher.add(try token("kopi"), of: brand("kopi"))
        #expect(finish(publisher) == 2)
        #expect(passes.withLock { $0 } == 1)
    }

    @Test func `without destinations there is nothing to do`() {
        let publisher = publisher([])
        #expect(!publisher.isNeeded)
        #expect(finish(publisher) == 0)
    }
}
