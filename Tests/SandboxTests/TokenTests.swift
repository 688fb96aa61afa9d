// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What a good request is answered.
struct TokenTests {
    @Test func `a good request is answered with a signed token in a signed answer`() throws {
        let before = Int(Date.now.timeIntervalSince1970)
        let result = try TestedSandbox().send()

        #expect(result.status == 200)
        #expect(result.headers?["content-type"] == "application/json")
        #expect(result.headers?["client-id"] == "BRN-1")
        #expect(result.headers?["request-id"] == result.requestID)
        #expect(result.signatureVerifies == true)
        #expect(result.header == ["alg": "RS256"])
        #expect(result.tokenVerifies == true)
        #expect(result.subject == "payload")
        #expect(result.tokenClientID == "BRN-1")
        let issuedAt = try #require(result.issuedAt)
        #expect(before...(before + 60) ~= issuedAt)
        #expect(result.expiresAt == issuedAt + 360 * 60)
        #expect(result.body == result.token.map { #"{"token":"\#($0)"}"# })
    }

    @Test func `no two tokens are the same`() throws {
        let results = try TestedSandbox().send(Array(repeating: ClientRequest(), count: 5))

        #expect(Set(results.compactMap(\.token)).count == 5)
    }

    @Test(
        arguments: [
            (nil, "", [], 3600),
            ("5", "", [], 300),
            ("360", "", ["--lifetime-limit", "900"], 900),
            ("5", "", ["--lifetime-limit", "900"], 300),
            ("360", #","valid_minutes":15"#, [], 900),
            (nil, #","valid_minutes":15"#, ["--lifetime-limit", "60"], 60),
        ] as [(String?, String, [String], Int)])
    func `the lifetime is what was asked for, within what is granted`(
        asked: String?, entry: String, arguments: [String], granted: Int
    ) throws {
        let sandbox = try TestedSandbox(
            [#"{"client_id":"BRN-1","secret":"not-a-secret-1"\#(entry)}"#], arguments: arguments)
        let time = asked.map { #","valid_time":"\#($0)""# } ?? ""
        let result = try sandbox.send(ClientRequest(body: #"{"grant_type":"client_credentials"\#(time)}"#))

        let lifetime = try #require(result.expiresAt) - #require(result.issuedAt)
        #expect(lifetime == granted)
    }

    @Test func `a repeated Request-Id brings the first answer again`() throws {
        let sandbox = try TestedSandbox([
            #"{"client_id":"BRN-1","secret":"not-a-secret-1"}"#, #"{"client_id":"BRN-2","secret":"not-a-secret-1"}"#,
        ])
        let results = try sandbox.send([
            ClientRequest(requestID: "same"), ClientRequest(requestID: "same"),
            ClientRequest(requestID: "same", body: #"{"grant_type":"client_credentials"}"#),
            ClientRequest(clientID: "BRN-2", requestID: "same"), ClientRequest(requestID: "same", mistake: "hex"),
        ])

        #expect(results.map(\.status) == [200, 409, 409, 200, 400])
        #expect(results[1].body == results[0].body)
        #expect(results[2].body == results[0].body)
        #expect(results[1].signatureVerifies == true)
        #expect(results[3].token != results[0].token)
        #expect(results[4].code == "invalid_signature")
    }

    @Test func `of equal requests at once one is carried out`() throws {
        let results = try TestedSandbox().send(
            Array(repeating: ClientRequest(requestID: "same"), count: 20), concurrently: true)

        #expect(results.count { $0.status == 200 } == 1)
        #expect(results.count { $0.status == 409 } == 19)
        #expect(Set(results.map(\.body)).count == 1)
    }

    @Test func `hundreds of answers are held back at the same time`() throws {
        let sandbox = try TestedSandbox(arguments: ["--delay", "500"])
        let start = ContinuousClock.now
        let results = try sandbox.send(Array(repeating: ClientRequest(), count: 300), concurrently: true)
        let elapsed = ContinuousClock.now - start

        #expect(results.allSatisfy { $0.status == 200 })
        // One after the other they would take 150 s.
        #expect(elapsed >= .milliseconds(500))
        #expect(elapsed < .seconds(50))
    }

    @Test func `a brand's own delay goes before the delay for all`() throws {
        let sandbox = try TestedSandbox(
            [
                #"{"client_id":"BRN-1","secret":"not-a-secret-1","delay_ms":0}"#,
                #"{"client_id":"BRN-2","secret":"not-a-secret-1"}"#,
            ], arguments: ["--delay", "3600000"])
        let results = try sandbox.send([ClientRequest(), ClientRequest(clientID: "BRN-2", timeout: 1)])

        #expect(results[0].status == 200)
        #expect(results[1].silent == true)
    }
}
