// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What a request is refused for, and in which order.
struct RequestCheckTests {
    @Test func `checks follow each other in the documented order`() throws {
        let sandbox = try TestedSandbox()
        let old = "2020-08-11T08:45:42Z"
        let results = try sandbox.send([
            ClientRequest(clientID: "BRN-unknown", timestamp: "yesterday", omit: ["Request-Id"], mistake: "hex"),
            ClientRequest(clientID: "BRN-unknown", timestamp: "yesterday", body: "no", mistake: "hex"),
            ClientRequest(clientID: "BRN-unknown", timestamp: old, body: "no", mistake: "hex"),
            ClientRequest(clientID: "BRN-unknown", body: "no", mistake: "hex"),
            ClientRequest(body: "no", mistake: "hex"),
            ClientRequest(body: "no"),
        ])

        #expect(
            results.map(\.code) == [
                "invalid_header_request", "invalid_header_request", "request_time_out_of_range", "invalid_client_id",
                "invalid_signature", "invalid_request",
            ])
        #expect(results.map(\.status) == Array(repeating: 400, count: 6))
        #expect(results.map(\.wrapped) == Array(repeating: true, count: 6))
        #expect(results[0].message?.contains("Request-Id") == true)
        #expect(results[1].message?.contains("Request-Timestamp") == true)
        #expect(results[2].message == "Header Request-Timestamp is not in +- 3600 second of now")
    }

    @Test func `a missing header is named`() throws {
        let names = ["Client-Id", "Request-Id", "Request-Timestamp", "Signature"]
        let results = try TestedSandbox().send(names.map { ClientRequest(omit: [$0]) })

        for (name, result) in zip(names, results) {
            #expect(result.status == 400)
            #expect(result.code == "invalid_header_request")
            #expect(result.message?.contains(name) == true, "\(name)")
        }
    }

    @Test func `timestamps of another form are refused`() throws {
        let now = Date.now.formatted(.iso8601)
        let stem = now.dropLast()
        let forms = [
            "\(stem).000Z", "\(stem)+00:00", "\(stem)+07:00", String(stem),
            now.replacingOccurrences(of: "T", with: " "),
            "\(Int(Date.now.timeIntervalSince1970))", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", now.lowercased(),
        ]
        let results = try TestedSandbox().send(forms.map { ClientRequest(timestamp: $0) })

        for (form, result) in zip(forms, results) {
            #expect(result.code == "invalid_header_request", "\(form)")
        }
    }

    @Test(arguments: [(-3590, nil), (3590, nil), (-3700, "out"), (3700, "out")] as [(Int, String?)])
    func `the window of a timestamp is an hour each way`(offset: Int, verdict: String?) throws {
        let timestamp = Date.now.addingTimeInterval(Double(offset)).formatted(.iso8601)
        let result = try TestedSandbox().send(ClientRequest(timestamp: timestamp))

        #expect(result.code == verdict.map { _ in "request_time_out_of_range" })
    }

    @Test func `the window and every date move with the server's time`() throws {
        let sandbox = try TestedSandbox(arguments: ["--time-offset", "-86400"])
        let yesterday = Date.now.addingTimeInterval(-86_400)
        let results = try sandbox.send([ClientRequest(), ClientRequest(timestamp: yesterday.formatted(.iso8601))])

        #expect(results[0].code == "request_time_out_of_range")
        #expect(results[1].status == 200)
        let issuedAt = try #require(results[1].issuedAt)
        #expect(abs(Double(issuedAt) - yesterday.timeIntervalSince1970) < 60)
        for result in results {
            let reader = DateFormatter()
            reader.locale = Locale(identifier: "en_US_POSIX")
            reader.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
            let date = try #require(reader.date(from: result.headers?["date"] ?? ""))
            #expect(abs(date.timeIntervalSince(yesterday)) < 60)
            // The weekday is not checked by the reader.
            reader.timeZone = TimeZone(secondsFromGMT: 0)
            reader.dateFormat = "EEE"
            #expect(result.headers?["date"]?.hasPrefix(reader.string(from: date) + ",") == true)
        }
    }

    @Test func `a signature got wrong is refused`() throws {
        let mistakes = [
            "trailing line feed", "literal backslash n", "carriage returns", "hex", "full URL", "double slash",
            "digest with its algorithm", "another body", "no padding", "no prefix", "space around the secret",
            "another secret",
        ]
        let results = try TestedSandbox().send(mistakes.map { ClientRequest(mistake: $0) })

        for (mistake, result) in zip(mistakes, results) {
            #expect(result.status == 400)
            #expect(result.code == "invalid_signature", "\(mistake)")
            #expect(result.token == nil)
        }
    }

    /// Signatures made by DOKU's own PHP library, in the year that their timestamp says.
    @Test(arguments: [
        ("x", "ItP5VqsTyMqEUoMIwBmdoqYUtiOgF3aiUlNTLy4Z3UE="),
        (" leading-and-trailing-space ", "/47Pd3/CBJuoUf/6aGX8xYxnNEjA28siaBqBCDXJdrQ="),
        ("kunci-秘密-безопасно-🔑", "D0V732Fqp7LBWLBw8Xx+LCqlBhXal4Efe/EiU8OS3dk="),
    ])
    func `signatures of DOKU's library are accepted`(secret: String, code: String) throws {
        let timestamp = "2020-08-11T08:45:42Z"
        let then = try Date(timestamp, strategy: .iso8601)
        let sandbox = try TestedSandbox(
            [#"{"client_id":"BRN-0001-10791114622547","secret":"\#(secret)"}"#],
            arguments: ["--time-offset", "\(Int(then.timeIntervalSinceNow))"])
        var request = ClientRequest(
            clientID: "BRN-0001-10791114622547", secret: secret, requestID: "fdb69f47-96da-499d-acec-7cdc318ab2fe",
            timestamp: timestamp, body: #"{"grant_type":"client_credentials","valid_time":"360"}"#,
            signature: "HMACSHA256=" + code)

        #expect(try sandbox.send(request).status == 200)
        request.body?.append("\n")
        #expect(try sandbox.send(request).code == "invalid_signature")
    }

    @Test func `a body that asks for nothing known is refused`() throws {
        let times = ["360", #""""#, #""0""#, #""1.5""#, #""-5""#, #""6h""#, #""٥""#, #""99999999999999999999""#]
        let bodies =
            ["", "[]", "{}", "null", #"{"grant_type":"password"}"#]
            + times.map { #"{"grant_type":"client_credentials","valid_time":\#($0)}"# }
        let results = try TestedSandbox().send(bodies.map { ClientRequest(body: $0) })

        for (body, result) in zip(bodies, results) {
            #expect(result.status == 400)
            #expect(result.code == "invalid_request", "\(body)")
        }
    }

    @Test func `a Request-Id has at most 128 characters`() throws {
        let results = try TestedSandbox().send([
            ClientRequest(requestID: String(repeating: "r", count: 128)),
            ClientRequest(requestID: String(repeating: "r", count: 129)),
        ])

        #expect(results.map(\.status) == [200, 400])
        #expect(results[1].code == "invalid_header_request")
    }

    @Test func `there is one path and one method`() throws {
        let sandbox = try TestedSandbox()
        let results = try sandbox.send([
            ClientRequest(path: "/adv-core-api/partner/v1.0/file"),
            ClientRequest(path: "//adv-core-api/partner/v1.0/token"),
            ClientRequest(path: "/"),
            ClientRequest(method: "GET"),
            ClientRequest(method: "PUT"),
        ])

        #expect(results.map(\.status) == [404, 404, 404, 405, 405])
        #expect(results[0].body == #"{"message":"No static resource adv-core-api/partner/v1.0/file."}"#)
        #expect(results[3].headers?["allow"] == "POST")
        let byCurl = try sandbox.directory.run(
            "/usr/bin/curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", sandbox.address])
        #expect(byCurl.output == "404")
    }
}
