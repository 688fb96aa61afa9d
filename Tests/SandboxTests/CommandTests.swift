// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The program itself: what it refuses, what it writes, how it ends.
struct CommandTests {
    @Test(arguments: [
        "0.0.0.0:0", "192.168.1.1:0", "[::]:0", "example.com:0", ":0", "127.0.0.1", "127.0.0.1:70000", "127.1:0",
        "127.0.0.1.example.com:0", "1270.0.0.1:0", "127.0.0.01:0",
    ])
    func `no address but loopback is listened on`(address: String) throws {
        let result = try TemporaryDirectory().runSandbox(
            ["--brands", "brands.json", "--listen", address, "--exit-after", "1"], brands: #"{"brands":[]}"#)

        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        [], ["--brands"], ["--unknown"], ["--brands", "x", "--exit-after", "0"], ["--brands", "x", "--delay", "-1"],
        ["--brands", "x", "--lifetime-limit", "0"], ["--brands", "x", "--time-offset", "soon"],
    ])
    func `wrong usage is told by status 64`(arguments: [String]) throws {
        #expect(try TemporaryDirectory().runSandbox(arguments).status == 64)
    }

    @Test(
        arguments: [
            (nil, "cannot be read"),
            ("", "not valid JSON"),
            (#"{"brands":"#, "not valid JSON"),
            ("{}", "brands is missing"),
            (#"{"brands":{}}"#, "brands: "),
            (#"{"brands":[{"client_id":"BRN-1"}]}"#, "brands[0]: secret is missing"),
            (#"{"brands":[{"client_id":"","secret":"hush"}]}"#, "brands[0].client_id: must be visible"),
            (#"{"brands":[{"client_id":"BRN 1","secret":"hush"}]}"#, "brands[0].client_id: must be visible"),
            (
                #"{"brands":[{"client_id":"B","secret":"hush","fault":"hnag"}]}"#,
                #"brands[0].fault: unknown fault "hnag""#
            ),
            (#"{"brands":[{"client_id":"B","secret":"hush","flaut":"hang"}]}"#, "brands[0].flaut: unknown key"),
            (#"{"brands":[{"client_id":"B","secret":"hush","times":0}]}"#, "brands[0].times: must be from 1"),
            (#"{"brands":[{"client_id":"B","secret":"hush","delay_ms":"5"}]}"#, "brands[0].delay_ms: not of type Int"),
            (
                #"{"brands":[{"client_id":"B","secret":"hush"},{"client_id":"B","secret":"hush"}]}"#,
                "client_id B is duplicated"
            ),
        ] as [(String?, String)])
    func `a bad brands file is named with its problem`(text: String?, problem: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("brands.json")
        let result = try directory.runSandbox(["--brands", path, "--exit-after", "1"], brands: text)

        #expect(result.status == 78)
        #expect(result.errors.hasPrefix("doku-sandbox: \(path): \(problem)"), "\(result.errors)")
        #expect(!result.errors.contains("hush"))
        #expect(result.output.isEmpty)
    }

    @Test func `an address in use is told by status 69`() throws {
        let sandbox = try TestedSandbox()
        let address = sandbox.address.replacingOccurrences(of: "http://", with: "")
        let result = try sandbox.directory.runSandbox(
            ["--brands", sandbox.brandsFile, "--listen", address, "--exit-after", "30"])

        #expect(result.status == 69)
        #expect(result.errors == "doku-sandbox: cannot listen on \(address)\n")
    }

    @Test func `SIGTERM ends it with status 0, whatever is hanging`() throws {
        let sandbox = try TestedSandbox([#"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"hang"}"#])
        _ = try sandbox.send(ClientRequest(timeout: 0.5))
        sandbox.process.signal(SIGTERM)

        #expect(try sandbox.process.ending().status == 0)
    }

    @Test func `the end of standard input ends it`() throws {
        let sandbox = try TestedSandbox()
        sandbox.process.closeInput()

        #expect(try sandbox.process.ending().status == 0)
    }

    @Test func `it ends by itself, and its address is all that it prints`() throws {
        let result = try TemporaryDirectory().runSandbox(
            ["--brands", "brands.json", "--exit-after", "2"], brands: #"{"brands":[]}"#)

        #expect(result.status == 0)
        #expect(result.output.wholeMatch(of: #/http://127\.0\.0\.1:[0-9]+\n/#) != nil)
        #expect(result.errors.isEmpty)
    }

    @Test func `a changed brands file counts from the next request on`() throws {
        func brand(_ fault: String) -> String {
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"\#(fault)","times":1}"#
        }
        let sandbox = try TestedSandbox([brand("unavailable")])
        #expect(try sandbox.send([ClientRequest(), ClientRequest()]).map(\.status) == [503, 200])

        try sandbox.replaceBrands([brand("forbidden")])
        #expect(try sandbox.send([ClientRequest(), ClientRequest()]).map(\.status) == [403, 200])

        // A change elsewhere in the file does not make a fault begin again.
        try sandbox.replaceBrands([brand("forbidden"), #"{"client_id":"BRN-2","secret":"not-a-secret-1"}"#])
        #expect(
            try sandbox.send([ClientRequest(), ClientRequest(clientID: "BRN-2")]).map(\.status) == [200, 200])

        try sandbox.replaceBrandsFile("{")
        #expect(try sandbox.send().status == 200)
        #expect(sandbox.process.errorsSoFar.contains("the previous brands stay in use"))
    }

    @Test func `SIGHUP is no reason to end`() throws {
        let sandbox = try TestedSandbox()
        sandbox.process.signal(SIGHUP)

        #expect(try sandbox.send().status == 200)
        #expect(sandbox.process.isRunning)
    }

    @Test func `each request leaves one line, without secrets`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1"}"#,
            #"{"client_id":"BRN-2","secret":"not-a-secret-1","fault":"close"}"#,
        ])
        let timestamp = Date.now.formatted(.iso8601)
        let results = try sandbox.send([
            ClientRequest(requestID: "first", timestamp: timestamp), ClientRequest(requestID: "first"),
            ClientRequest(clientID: "BRN-2", requestID: "second"),
            ClientRequest(clientID: "BRN-3", requestID: "third", omit: ["Request-Timestamp"]),
        ])

        struct Line: Decodable {
            let client_id: String?
            let request_id: String?
            let request_timestamp: String?
            let status: Int?
            let fault: String?
            let peer_port: Int?
            let valid_minutes: Int?
            let replay: Bool
        }
        let log = sandbox.log
        let lines = try log.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.map(\.client_id) == ["BRN-1", "BRN-1", "BRN-2", "BRN-3"])
        #expect(lines.map(\.request_id) == ["first", "first", "second", "third"])
        #expect(lines.map(\.status) == [200, 409, nil, 400])
        #expect(lines.map(\.fault) == [nil, nil, "close", nil])
        #expect(lines.map(\.replay) == [false, true, false, false])
        #expect(lines.map(\.valid_minutes) == [360, 360, 360, nil])
        #expect(lines[0].request_timestamp == timestamp)
        #expect(lines[3].request_timestamp == nil)
        #expect(lines.allSatisfy { ($0.peer_port ?? 0) > 0 })
        for result in results {
            #expect(!log.contains(result.sentSignature))
            #expect(result.token.map { log.contains($0) } != true)
        }
        #expect(!log.contains("not-a-secret"))
        #expect(!log.contains("HMACSHA256"))
    }
}
