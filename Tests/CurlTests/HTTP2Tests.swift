// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import TestSupport
import Testing

/// TLS and HTTP/2, with a certificate made for the test.
@Suite(.timeLimit(.minutes(2))) struct HTTP2Tests {
    /// A server with a certificate of its own.
    private struct Peer {
        let server: LoopbackServer

        init(_ mode: String, openBeforeFirstAnswer width: Int = 1) throws {
            server = try LoopbackServer(script: "curl_http2_server.py", arguments: [".", mode, "\(width)"])
        }

        var authority: TrustStore { .file(server.directory.path("certificate.pem")) }

        func request(_ body: String, host: String = "127.0.0.1") -> HTTPRequest {
            HTTPRequest(url: "https://\(host):\(server.port)/token", headers: [], body: Array(body.utf8))
        }

        func transfers(_ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPClient {
            try server.transfers {
                $0.tls = authority
                $0.allowsPlainHTTP = false
                change(&$0)
            }
        }
    }

    @Test func `a response over HTTP/2 is read`() async throws {
        let peer = try Peer("answer")
        let reply = try await peer.transfers().send(peer.request("hello")).get()
        #expect(reply.status == 200)
        #expect(reply.headers == ["x-kept": "over two"])
        #expect(reply.body == Array("hello".utf8))
    }

    /// The server responds only after 32 streams are open.
    @Test func `many requests share one connection`() async throws {
        let peer = try Peer("answer", openBeforeFirstAnswer: 32)
        let transfers = try peer.transfers()
        let requests = (0..<256).map { peer.request("request \($0)") }
        let answered = await withTaskGroup(of: Bool.self) { group in
            for request in requests { group.addTask { await transfers.send(request).reply?.body == request.body } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == 256)
        let record = try peer.server.finish()
        #expect(record.connections == 1)
        #expect(record.streams == 256)
        #expect((32...64).contains(record.mostInFlight))
    }

    @Test(arguments: [
        ("refuse", [CurlError.Kind.http2, .noResponse]), ("reset", [.http2]), ("go-away", [.http2, .noResponse]),
        ("cut", [.http2, .truncatedResponse]),
        // The last code, ENHANCE_YOUR_CALM, is not about invalid bytes.
        ("error-1", [.responseGarbled]), ("error-3", [.responseGarbled]), ("error-6", [.responseGarbled]),
        ("error-9", [.responseGarbled]), ("error-11", [.http2]),
    ])
    func `a broken stream is an error`(mode: String, kinds: [CurlError.Kind]) async throws {
        let peer = try Peer(mode)
        let result = await (try peer.transfers { $0.requestTimeout = .seconds(5) }).send(peer.request("x"))
        #expect(result.kind.map(kinds.contains) == true, "\(result)")
    }

    /// The first connection hangs in its handshake; the others do not.
    @Test func `a handshake that hangs affects one request only`() async throws {
        let peer = try Peer("hang-first")
        let transfers = try peer.transfers {
            $0.connectTimeout = .milliseconds(500)
            $0.requestTimeout = .seconds(5)
        }
        let request = peer.request("x")
        let results = await withTaskGroup(of: CurlError.Kind?.self) { group in
            for _ in 0..<6 { group.addTask { await transfers.send(request).kind } }
            return await group.reduce(into: [CurlError.Kind?]()) { $0.append($1) }
        }
        #expect(results.count { $0 == nil } == 5, "\(results)")
    }

    @Test func `a request that needs a fresh connection does not use the last one`() async throws {
        let peer = try Peer("silent-first")
        let transfers = try peer.transfers { $0.requestTimeout = .milliseconds(500) }
        var request = peer.request("x")
        #expect(await transfers.send(request).kind == .timedOut)
        request.needsFreshConnection = true
        #expect(await transfers.send(request).reply?.status == 200)
    }

    @Test func `an untrusted certificate is refused before anything is sent`() async throws {
        let peer = try Peer("answer")
        for (store, host) in [(TrustStore.libraryDefault, "127.0.0.1"), (peer.authority, "localhost")] {
            let transfers = try peer.transfers { $0.tls = store }
            #expect(await transfers.send(peer.request("x", host: host)).kind == .peerNotTrusted)
        }
        #expect(try peer.server.finish().streams == 0)
    }
}
