// SPDX-License-Identifier: Apache-2.0

import Curl
import Dispatch
import Foundation
import Synchronization
import Testing

/// Many requests at a time: each completes exactly once.
@Suite(.timeLimit(.minutes(2))) struct ManyTransfersTests {
    @Test func `a thousand requests complete exactly once, each with its own response`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        let completions = Completions(count: 1000)
        let group = DispatchGroup()
        let requests = (0..<1000).map { server.request("/echo", body: "request \($0)") }
        DispatchQueue.concurrentPerform(iterations: 1000) { index in
            group.enter()
            transfers.submit {
                requests[index]
            } completion: { result in
                completions.note(result, of: index)
                group.leave()
            }
        }
        await group.emptied()
        for (index, results) in completions.all.enumerated() {
            #expect(results.map { $0.reply?.body } == [Array("request \(index)".utf8)])
        }
        let record = try server.finish()
        #expect(record.requests.count == 1000)
        #expect(Set(record.requests.map(\.body)).count == 1000)
        // The default limit of connections to one HTTP/1.1 host.
        #expect(record.connections <= 16 && record.mostInFlight <= 16)
    }

    /// libcurl 7.88 writes to freed memory if the handle has read a response before.
    @Test func `a response that begins with a folded line affects no other response`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.concurrency = 1 }
        for round in 0..<200 {
            let result = await transfers.send(server.request(round % 2 == 0 ? "/ok" : "/folded"))
            if round % 2 == 0 {
                #expect(result.reply?.status == 200)
            } else {
                #expect(result.kind == .responseMalformed)
            }
        }
        #expect(try server.finish().requests.count == 200)
    }

    /// The server responds only when the allowed number of requests is open. It waits a moment for one too many.
    @Test(arguments: [
        (concurrency: 4, connections: 16, bound: 4), (concurrency: 16, connections: 4, bound: 4),
        (concurrency: 1, connections: 16, bound: 1), (concurrency: 16, connections: 1, bound: 1),
        (concurrency: 8, connections: 8, bound: 8),
    ])
    func `no more requests and connections are open than allowed, and no fewer`(
        limits: (concurrency: Int, connections: Int, bound: Int)
    ) async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers {
            $0.concurrency = limits.concurrency
            $0.connections = limits.connections
        }
        // After one response, libcurl knows that this peer takes one request on each connection.
        #expect(await transfers.send(server.request("/ok")).reply?.status == 200)
        let request = server.request("/gate/\(limits.bound)")
        await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<(limits.bound * 5) { group.addTask { await transfers.send(request).reply?.status } }
            for await status in group { #expect(status == 200) }
        }
        let record = try server.finish()
        #expect(record.requests.count == limits.bound * 5 + 1)
        #expect(record.mostInFlight == limits.bound)
        #expect(record.connections == limits.bound)
    }

    @Test func `a completion can submit another request`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.concurrency = 1 }
        let request = server.request("/echo")
        let statuses = await withCheckedContinuation { (continuation: CheckedContinuation<[Int?], Never>) in
            transfers.submit {
                request
            } completion: { first in
                transfers.submit {
                    request
                } completion: { second in
                    continuation.resume(returning: [first.reply?.status, second.reply?.status])
                }
            }
        }
        #expect(statuses == [200, 200])
        #expect(try server.finish().connections == 1)
    }

    @Test func `a request completes although its owner released the transfers`() async throws {
        let server = try LoopbackServer()
        let request = server.request("/echo")
        let group = DispatchGroup()
        let completions = Completions(count: 20)
        for round in 0..<20 {
            // Only the loop holds these.
            let transfers = try server.transfers()
            group.enter()
            transfers.submit {
                request
            } completion: { result in
                completions.note(result, of: round)
                group.leave()
            }
        }
        await group.emptied()
        #expect(completions.all.allSatisfy { $0.count == 1 && $0[0].reply?.status == 200 })
    }

    /// The peer does not respond to its first request, but to the others.
    @Test func `a request without a response does not delay others`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.requestTimeout = .seconds(2) }
        let silent = server.request("/silence")
        let answered = server.request("/ok")
        let results = await withTaskGroup(of: CurlError.Kind?.self) { group in
            let isUnderWay = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                await withCheckedContinuation { continuation in
                    transfers.submit {
                        isUnderWay.continuation.finish()
                        return silent
                    } completion: {
                        continuation.resume(returning: $0.kind)
                    }
                }
            }
            for await _ in isUnderWay.stream {}
            for _ in 0..<5 { group.addTask { await transfers.send(answered).kind } }
            return await group.reduce(into: [CurlError.Kind?]()) { $0.append($1) }
        }
        #expect(results == [nil, nil, nil, nil, nil, .timedOut], "in the order of completion")
    }

    // MARK: Later

    @Test func `a request is never created before its time`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.concurrency = 1 }
        let request = server.request("/echo")
        let delays = [150, 0, 400, 1, 75, 300, 2, 150]
        let completions = Completions(count: delays.count)
        let early = Atomic<Int>(0)
        let group = DispatchGroup()
        for (index, delay) in delays.enumerated() {
            group.enter()
            let notBefore = ContinuousClock.now + .milliseconds(delay)
            transfers.submit(notBefore: notBefore) {
                if .now < notBefore { early.add(1, ordering: .relaxed) }
                return request
            } completion: { result in
                completions.note(result, of: index)
                group.leave()
            }
        }
        await group.emptied()
        #expect(early.load(ordering: .relaxed) == 0)
        #expect(completions.all.allSatisfy { $0.count == 1 && $0[0].reply?.status == 200 })
    }

    @Test func `a delayed request does not delay others`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.concurrency = 1 }
        let request = server.request("/ok")
        async let late = transfers.send(request, notBefore: .now + .seconds(3600))
        for delay in [20, 0, 10] {
            let result = await transfers.send(request, notBefore: .now + .milliseconds(delay))
            #expect(result.reply?.status == 200)
        }
        transfers.cancel()
        #expect(await late.kind == .cancelled)
        #expect(try server.finish().requests.count == 3)
    }

    @Test func `a past time means now`() async throws {
        let server = try LoopbackServer()
        let result = await (try server.transfers()).send(server.request("/ok"), notBefore: .now - .seconds(3600))
        #expect(result.reply?.status == 200)
    }

    // MARK: Cancelled

    @Test(arguments: 0..<5)
    func `cancelling completes everything exactly once as cancelled`(round: Int) async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.concurrency = 4 }
        let completions = Completions(count: 60)
        let group = DispatchGroup()
        let request = server.request("/silence")
        let underWay = AsyncStream.makeStream(of: Void.self)
        let submit = { @Sendable (index: Int) in
            group.enter()
            // Some are in progress, some wait for others, some for their time.
            transfers.submit(notBefore: index % 3 == 2 ? .now + .seconds(3600) : nil) {
                underWay.continuation.yield()
                return request
            } completion: { result in
                completions.note(result, of: index)
                group.leave()
            }
        }
        for index in 0..<40 { submit(index) }
        var started = underWay.stream.makeAsyncIterator()
        for _ in 0..<4 { await started.next() }
        // More requests arrive during the cancellation, from several threads.
        DispatchQueue.concurrentPerform(iterations: 20) { index in
            if index % 5 == 0 { transfers.cancel() }
            submit(40 + index)
        }
        await group.emptied()
        transfers.cancel()
        #expect(completions.all.allSatisfy { $0.count == 1 && $0[0].kind == .cancelled })
        // Later requests are cancelled too.
        #expect(await transfers.send(request).kind == .cancelled)
        #expect(await transfers.send(request, notBefore: .now + .seconds(3600)).kind == .cancelled)
        underWay.continuation.finish()
        var made = 4
        while await started.next() != nil { made += 1 }
        #expect(made == 4, "no request is made once a place is free only because of the stop")
    }

    @Test func `after cancelling idle transfers, new requests are cancelled`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        #expect(await transfers.send(server.request("/ok")).reply?.status == 200)
        transfers.cancel()
        transfers.cancel()
        #expect(await transfers.send(server.request("/ok")).kind == .cancelled)
        #expect(try server.finish().requests.count == 1)
    }

    @Test func `a completion may cancel the others`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        let silent = server.request("/silence")
        let answered = server.request("/ok")
        #expect(await transfers.send(answered).reply?.status == 200)
        let results = await withTaskGroup(of: CurlError.Kind?.self) { group in
            for _ in 0..<5 { group.addTask { await transfers.send(silent).kind } }
            group.addTask {
                await withCheckedContinuation { continuation in
                    transfers.submit {
                        answered
                    } completion: {
                        transfers.cancel()
                        continuation.resume(returning: $0.kind)
                    }
                }
            }
            return await group.reduce(into: [CurlError.Kind?]()) { $0.append($1) }
        }
        #expect(results.count { $0 == .cancelled } == 5)
        #expect(results.count { $0 == nil } == 1)
    }
}

extension DispatchGroup {
    /// Waits without blocking a thread.
    func emptied() async {
        await withCheckedContinuation { continuation in
            notify(queue: .global()) { @Sendable in continuation.resume() }
        }
    }
}
