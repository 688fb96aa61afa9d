// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What each fault looks like from outside.
struct FaultTests {
    /// One fault, and what has to be true of its answer.
    struct Expectation: Sendable, CustomTestStringConvertible {
        let fault: String
        let status: Int?
        let holds: @Sendable (ClientResult) -> Bool

        init(_ fault: String, _ status: Int?, _ holds: @escaping @Sendable (ClientResult) -> Bool) {
            self.fault = fault
            self.status = status
            self.holds = holds
        }

        var testDescription: String { fault }
    }

    static let expectations = [
        Expectation("unsigned-answer", 200) {
            $0.tokenVerifies == true && $0.headers?["signature"] == nil && $0.headers?["response-timestamp"] != nil
        },
        Expectation("wrong-answer-signature", 200) { $0.tokenVerifies == true && $0.signatureVerifies == false },
        Expectation("null-token", 200) { $0.body == #"{"token":null}"# && $0.signatureVerifies == true },
        Expectation("number-token", 200) { $0.json == true && $0.token == nil && $0.signatureVerifies == true },
        Expectation("no-token", 200) { $0.json == true && $0.body?.contains("token") == false },
        Expectation("control-characters", 200) {
            $0.token?.contains("\u{7}\n") == true && $0.signatureVerifies == true
        },
        Expectation("huge-token", 200) { $0.tokenVerifies == true && 20_480...25_000 ~= $0.token?.utf8.count ?? 0 },
        Expectation("expired", 200) {
            $0.tokenVerifies == true && Double($0.expiresAt ?? .max) < Date.now.timeIntervalSince1970 - 3000
        },
        Expectation("foreign", 200) {
            $0.tokenVerifies == true && $0.tokenClientID?.isEmpty == false && $0.tokenClientID != "BRN-1"
        },
        Expectation("not-a-jwt", 200) { $0.token?.contains(".") == false && $0.signatureVerifies == true },
        Expectation("short-lived", 200) {
            $0.tokenVerifies == true && ($0.expiresAt ?? 0) - ($0.issuedAt ?? 0) == 90
        },
        Expectation("html", 200) { $0.headers?["content-type"]?.hasPrefix("text/html") == true && $0.json == nil },
        Expectation("empty", 200) { $0.length == 0 && $0.headers?["content-length"] == "0" },
        Expectation("cut", 200) {
            $0.json == nil && $0.body?.hasPrefix(#"{"token":"ey"#) == true && $0.signatureVerifies == true
                && $0.headers?["content-length"] == $0.length.map(String.init)
        },
        Expectation("huge", 200) { ($0.length ?? 0) > 1 << 20 && $0.tokenVerifies == true },
        Expectation("not-json", 200) { $0.json == nil && $0.headers?["content-type"] == "application/json" },
        Expectation("invalid-signature", 400) { $0.code == "invalid_signature" && $0.wrapped == true },
        Expectation("invalid-client-id", 400) { $0.code == "invalid_client_id" && $0.wrapped == true },
        Expectation("time-out-of-range", 400) { $0.code == "request_time_out_of_range" && $0.wrapped == true },
        Expectation("time-out-of-range-once", 400) { $0.code == "request_time_out_of_range" && $0.wrapped == true },
        Expectation("unwrapped-error", 401) { $0.body?.hasPrefix(#"{"code":""#) == true && $0.code == nil },
        Expectation("conflict", 409) { $0.code == "idempotent_request" && $0.token == nil },
        Expectation("server-error", 500) { $0.json == true },
        Expectation("forbidden", 403) { $0.body == #"{"message":"Forbidden"}"# },
        Expectation("not-found", 404) { $0.body?.contains("No static resource") == true },
        Expectation("too-many-requests", 429) { $0.headers?["retry-after"] == "1" },
        Expectation("unavailable", 503) { $0.headers?["retry-after"] == nil },
        Expectation("unavailable-retry-after-date", 503) {
            $0.headers?["retry-after"]?.hasSuffix(" GMT") == true && $0.headers?["retry-after"]?.count == 29
        },
        Expectation("redirect", 302) { $0.headers?["location"] == "http://127.0.0.1:1/" },
        Expectation("close", nil) { $0.closed == true },
        Expectation("lost-answer", nil) { $0.closed == true },
        Expectation("hang", nil) { $0.silent == true },
    ]

    @Test(arguments: expectations)
    func `a fault shows as it is described, once for each time, and goes`(_ expectation: Expectation) throws {
        let fault = expectation.fault
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"\#(fault)","times":2}"#
        ])
        let results = try sandbox.send(Array(repeating: ClientRequest(timeout: fault == "hang" ? 1 : 30), count: 3))

        for result in results.prefix(2) {
            #expect(result.status == expectation.status)
            #expect(expectation.holds(result), "\(result.headers ?? [:]) \(result.body?.prefix(300) ?? "")")
        }
        #expect(results[2].status == 200)
        #expect(results[2].tokenVerifies == true)
        #expect(results[2].signatureVerifies == true)
    }

    @Test func `the table knows every fault that the sandbox knows`() throws {
        let result = try TemporaryDirectory().runSandbox(
            ["--brands", "brands.json"], brands: #"{"brands":[{"client_id":"BRN-1","secret":"s","fault":"?"}]}"#)
        let known = try #require(result.errors.components(separatedBy: "known: ").last)

        let names = known.trimmingCharacters(in: .whitespacesAndNewlines).components(separatedBy: ", ")
        #expect(Set(names) == Set(Self.expectations.map(\.fault)))
    }

    @Test func `a fault strikes only who signs well`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"unavailable","times":1}"#
        ])
        let results = try sandbox.send([ClientRequest(mistake: "hex"), ClientRequest(), ClientRequest()])

        #expect(results.map(\.status) == [400, 503, 200])
    }

    @Test func `a fault without a number of times stays, but for the one that says once`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"unavailable"}"#,
            #"{"client_id":"BRN-2","secret":"not-a-secret-1","fault":"time-out-of-range-once"}"#,
        ])
        let results = try sandbox.send(
            Array(repeating: ClientRequest(), count: 5) + Array(repeating: ClientRequest(clientID: "BRN-2"), count: 2))

        #expect(results.map(\.status) == [503, 503, 503, 503, 503, 400, 200])
    }

    @Test func `an answer lost on the way comes with the same Request-Id, one never made does not`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"lost-answer","times":1}"#,
            #"{"client_id":"BRN-2","secret":"not-a-secret-1","fault":"close","times":1}"#,
        ])
        let results = try sandbox.send([
            ClientRequest(requestID: "a"), ClientRequest(requestID: "a"),
            ClientRequest(clientID: "BRN-2", requestID: "b"),
            ClientRequest(clientID: "BRN-2", requestID: "b"),
        ])

        #expect(results.map(\.closed) == [true, nil, true, nil])
        #expect(results.map(\.status) == [nil, 409, nil, 200])
        #expect(results[1].tokenVerifies == true)
    }

    @Test func `a brand that hangs holds up no other`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1","fault":"hang"}"#,
            #"{"client_id":"BRN-2","secret":"not-a-secret-1"}"#,
        ])
        let results = try sandbox.send(
            [ClientRequest(timeout: 3), ClientRequest(clientID: "BRN-2")], concurrently: true)

        #expect(results[0].silent == true)
        #expect(results[1].status == 200)
    }
}
