// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Testing

/// One request at a time against a real server.
@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
    @Test func `a response has the headers that the options list`() async throws {
        let server = try LoopbackServer()
        let reply = try await server.transfers().send(server.request("/ok")).get()
        #expect(reply.status == 200)
        #expect(reply.body == Array(#"{"ok":true}"#.utf8))
        // Names are in lower case, values have no blanks around them, and the last of two wins.
        #expect(reply.headers == ["x-kept": "a padded: value", "x-kept-twice": "2"])
    }

    @Test func `a request is sent unchanged`() async throws {
        let server = try LoopbackServer()
        let body = (0..<3000).map { _ in "{\"a\":1}" }.joined()
        let headers = [
            ("Content-Type", "application/json"), ("Client-Id", "BRN-1"), ("Signature", "HMACSHA256=a+b/c=="),
            ("X-Odd", "a \"b\"; c=d, e"),
        ]
        for body in ["{}", body, ""] {
            #expect(
                try await server.transfers().send(server.request("/echo", headers: headers, body: body)).reply?.body
                    == Array(body.utf8))
        }
        let record = try server.finish()
        #expect(record.requests.map(\.body) == ["{}", body, ""])
        for request in record.requests {
            #expect(request.line == "POST /echo HTTP/1.1")
            #expect(request.headers.filter { line in headers.contains { "\($0.0): \($0.1)" == line } }.count == 4)
            #expect(request.values("User-Agent") == ["curl-tests/1"])
            // Headers that would change the response, or ask for another one.
            for name in ["Accept-Encoding", "Expect", "Cookie", "Authorization", "TE", "Transfer-Encoding"] {
                #expect(request.values(name).isEmpty, "\(name)")
            }
        }
    }

    @Test func `the headers of a request may be more and longer than before`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        let some = [2, 40, 0, 9].map { count in
            (0..<count).map { ("X-Many-\($0)", String(repeating: "v", count: 50 * $0 + 1)) }
        }
        for headers in some {
            #expect(await transfers.send(server.request("/ok", headers: headers)).reply?.status == 200)
        }
        let seen = try server.finish().requests.map { $0.headers.filter { $0.hasPrefix("X-Many-") } }
        #expect(seen == some.map { $0.map { "\($0.0): \($0.1)" } })
    }

    @Test func `a proxy gets the user agent, and no header for the host`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { options in
            options.allowsPlainHTTP = false
            options.proxy = "http://127.0.0.1:\(server.port)"
        }
        let request = HTTPRequest(url: "https://doku.invalid/", headers: [("Client-Id", "BRN-1")], body: [])
        #expect(await transfers.send(request).reply == nil)
        let asked = try #require(try server.finish().requests.first)
        #expect(asked.line.hasPrefix("CONNECT doku.invalid:443 "))
        #expect(asked.values("User-Agent") == ["curl-tests/1"])
        #expect(asked.values("Client-Id").isEmpty)
    }

    @Test func `one connection carries every method, each with its own body`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        let methods: [(HTTPRequest.Method, line: String, body: String)] = [
            (.get, "GET /echo HTTP/1.1", ""), (.patch, "PATCH /echo HTTP/1.1", "{}"),
            (.post, "POST /echo HTTP/1.1", "{}"), (.patch, "PATCH /echo HTTP/1.1", "{}"),
            (.get, "GET /echo HTTP/1.1", ""), (.post, "POST /echo HTTP/1.1", "{}"),
        ]
        for (method, _, body) in methods {
            var request = server.request("/echo")
            request.method = method
            #expect(await transfers.send(request).reply?.body == Array(body.utf8))
        }
        let record = try server.finish()
        #expect(record.requests.map(\.line) == methods.map(\.line))
        #expect(record.requests.map(\.body) == methods.map(\.body))
        #expect(record.connections == 1)
    }

    @Test(arguments: ["a\nb", "a\rb", "a\r\nX: y", "\0", "\u{1}", "\t", "\u{7f}", "\u{1b}[0m"])
    func `a control character in a header is rejected and nothing is sent`(value: String) async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        #expect(await transfers.send(server.request("/ok", headers: [("Client-Id", value)])).kind == .requestInvalid)
        #expect(await transfers.send(server.request("/ok", headers: [("X\(value)", "a")])).kind == .requestInvalid)
        // A rejected request does not affect the next one.
        #expect(await transfers.send(server.request("/ok")).reply?.status == 200)
        #expect(try server.finish().requests.map { $0.values("Client-Id") } == [[]])
    }

    @Test(arguments: ["", "::", "http://", "not a url", "http://[::1", "http://127.0.0.1:99999/"])
    func `an invalid URL is rejected`(url: String) async throws {
        let server = try LoopbackServer()
        var request = server.request("/ok")
        request.url = url
        #expect(await (try server.transfers()).send(request).kind == .requestInvalid)
    }

    @Test func `plain HTTP is refused unless it is allowed`() async throws {
        let server = try LoopbackServer()
        #expect(try await server.transfers { $0.allowsPlainHTTP = false }.send(server.request("/ok")).reply == nil)
        #expect(try server.finish().connections == 0)
    }

    @Test(arguments: ["ftp", "file", "gopher", "telnet", "dict"])
    func `other protocols are rejected`(scheme: String) async throws {
        let server = try LoopbackServer()
        var request = server.request("/ok")
        request.url = request.url.replacing("http:", with: "\(scheme):")
        #expect(await (try server.transfers()).send(request).reply == nil)
        #expect(try server.finish().connections == 0)
    }

    @Test(arguments: [200, 204, 400, 401, 404, 409, 429, 500, 503, 599, 999])
    func `every status is a response, not an error`(status: Int) async throws {
        let server = try LoopbackServer()
        #expect(try await server.transfers().send(server.request("/status/\(status)")).reply?.status == status)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is not followed`(status: Int) async throws {
        let server = try LoopbackServer()
        #expect(try await server.transfers().send(server.request("/redirect/\(status)")).reply?.status == status)
        #expect(try server.finish().requests.map(\.line) == ["POST /redirect/\(status) HTTP/1.1"])
    }

    @Test(arguments: [("/no-reason", nil), ("/interim/3", "final"), ("/trailer", "header"), ("/no-length", nil)])
    func `unusual but complete responses are read`(path: String, kept: String?) async throws {
        let server = try LoopbackServer()
        let reply = try await server.transfers().send(server.request(path)).get()
        #expect(reply.status == 200)
        #expect(reply.body == Array("{}".utf8))
        #expect(reply.headers["x-kept"] == kept)
    }

    @Test func `a response contains nothing of the one before`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers()
        for _ in 0..<3 {
            #expect(await transfers.send(server.request("/ok")).reply?.headers.count == 2)
            #expect(await transfers.send(server.request("/cut-headers")).kind == .truncatedResponse)
            #expect(await transfers.send(server.request("/body/70000")).kind == .responseTooLarge)
            let echo = await transfers.send(server.request("/echo", body: "short"))
            #expect(echo.reply?.body == Array("short".utf8))
            #expect(echo.reply?.headers == [:])
            #expect(await transfers.send(server.request("/close")).kind == .noResponse)
            #expect(await transfers.send(server.request("/cut-body")).kind == .truncatedResponse)
        }
    }

    // MARK: Faults

    @Test(arguments: [
        ("/close", CurlError.Kind.noResponse), ("/reset", .noResponse),
        ("/cut-status", .truncatedResponse), ("/cut-headers", .truncatedResponse), ("/cut-header", .truncatedResponse),
        ("/cut-after-interim", .noResponse), ("/reset-headers", .truncatedResponse),
        ("/cut-body", .truncatedResponse), ("/cut-chunks", .truncatedResponse), ("/cut-chunk", .truncatedResponse),
        ("/reset-body", .truncatedResponse),
        ("/body/65537", .responseTooLarge), ("/body/1000000", .responseTooLarge), ("/chunks", .responseTooLarge),
        ("/endless", .responseTooLarge), ("/headers/140000", .responseTooLarge),
        ("/long-header/400000", .responseTooLarge), ("/headers/2000000", .responseTooLarge),
        ("/interim/20000", .responseTooLarge),
        ("/negative-length", .responseMalformed), ("/two-lengths", .responseMalformed),
        ("/large-length", .responseMalformed), ("/random-bytes", .responseGarbled),
        ("/bad-status-line", .responseMalformed), ("/bad-chunk", .responseGarbled),
        ("/unknown-coding", .responseMalformed), ("/upgrade", .responseMalformed),
        ("/nul-in-header", .responseMalformed),
        ("/silence", .timedOut), ("/silence-in-headers", .timedOut), ("/silence-in-body", .timedOut),
    ])
    func `each fault of a server has its own error kind`(path: String, kind: CurlError.Kind) async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers {
            if kind == .timedOut { $0.requestTimeout = .milliseconds(300) }
        }
        let start = ContinuousClock.now
        let result = await transfers.send(server.request(path))
        #expect(result.kind == kind, "\(result)")
        // libcurl counts whole milliseconds.
        if kind == .timedOut { #expect(ContinuousClock.now - start >= .milliseconds(299)) }
        // No message contains what the server sent.
        if case .failure(let error) = result {
            #expect(!error.message.isEmpty)
            #expect(!["SSH", "mystery", "aaaa", "zz"].contains(where: error.message.contains), "\(error.message)")
        }
    }

    @Test(arguments: [("/body/65536", 200), ("/headers/100000", 200), ("/long-header/90000", 200)])
    func `a response at the size limit is read`(path: String, status: Int) async throws {
        let server = try LoopbackServer()
        #expect(try await server.transfers().send(server.request(path)).reply?.status == status)
    }

    @Test func `a refused connection is reported as not connected`() async throws {
        let server = try LoopbackServer()
        var request = server.request("/ok")
        request.url = "http://127.0.0.1:\(server.deafPort)/ok"
        #expect(await (try server.transfers()).send(request).kind == .notConnected)
    }

    /// An invalid name: a label has at most 63 letters (RFC 1035 §2.3.4), so no resolver is used.
    private static let noName = String(repeating: "a", count: 64) + ".invalid"

    @Test func `an unknown proxy and an unknown server are different errors`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers {
            $0.proxy = "http://\(Self.noName):3128"
            $0.allowsPlainHTTP = false
        }
        var request = server.request("/ok")
        request.url = "https://127.0.0.1:\(server.deafPort)/ok"
        #expect(await transfers.send(request).kind == .proxyNotResolved)
    }

    @Test(arguments: ["http", "socks5h"])
    func `a refusing proxy and a refusing server are different errors`(scheme: String) async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers {
            $0.proxy = "\(scheme)://127.0.0.1:\(server.deafPort)"
            $0.allowsPlainHTTP = false
        }
        var request = server.request("/ok")
        // The same host at another port, by default and by number.
        for url in ["https://127.0.0.1/ok", "https://127.0.0.1:\(server.port)/ok", "https://[::1]:1/ok"] {
            request.url = url
            #expect(await transfers.send(request).kind == .proxyNotConnected, "\(url)")
        }
        let direct = try server.transfers { $0.allowsPlainHTTP = false }
        request.url = "https://127.0.0.1:\(server.deafPort)/ok"
        #expect(await direct.send(request).kind == .notConnected)
        request.url = "https://LOCALHOST:\(server.deafPort)/ok"
        #expect(await direct.send(request).kind == .notConnected)
    }

    @Test func `without TLS no proxy is used`() async throws {
        let server = try LoopbackServer()
        let transfers = try server.transfers { $0.proxy = "http://\(Self.noName):3128" }
        #expect(await transfers.send(server.request("/ok")).reply?.status == 200)
    }

    @Test func `a name that does not exist is reported as not resolved`() async throws {
        let server = try LoopbackServer()
        var request = server.request("/ok")
        request.url = "http://\(Self.noName)/ok"
        #expect(await (try server.transfers()).send(request).kind == .hostNotResolved)
    }

    @Test func `a server without TLS is a TLS error`() async throws {
        let server = try LoopbackServer()
        var request = server.request("/ok")
        request.url = "https://127.0.0.1:\(server.port)/ok"
        let transfers = try server.transfers { $0.requestTimeout = .milliseconds(300) }
        // The server waits for a request line that never comes.
        #expect(await transfers.send(request).kind == .timedOut)
        let unusable = try server.transfers { $0.tls = .file("/nonexistent/ca.pem") }
        #expect(await unusable.send(request).kind == .trustStoreUnusable)
    }
}
