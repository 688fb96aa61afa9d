// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import TestSupport
import Testing
import TokenAPI

/// One response, and the expected result.
struct AnswerCase: Sendable, CustomTestStringConvertible {
    var status: Int
    var body: String
    var headers: [String: String] = [:]
    /// nil if the response grants a token.
    var code: BrandFailure.Code?
    var advice: RetryDecision = .never

    var testDescription: String { "\(status) \(body.prefix(60)) \(headers)" }
}

func judge(
    _ result: Result<HTTPResponse, CurlError>, verification: ResponseVerification = .ifPresent,
    now: Timestamp = Sample.now
) -> TokenResponse {
    Sample.client(verification: verification).judge(result, requestID: Sample.requestID, now: now)
}

func judge(
    _ status: Int, _ body: String, headers: [String: String] = [:], verification: ResponseVerification = .ifPresent
) -> TokenResponse {
    judge(
        .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))),
        verification: verification)
}

extension TokenResponse {
    var failure: BrandFailure? { if case .failed(let failure, _) = self { failure } else { nil } }
    var advice: RetryDecision? { if case .failed(_, let advice) = self { advice } else { nil } }
    var token: Token? { if case .granted(let token) = self { token } else { nil } }
}

@Suite struct TokenResponseTests {
    private static let token = Sample.jwt(left: 21_600)
    private static let again = RetryDecision.once(.fresh)

    private static let answers: [AnswerCase] = [
        AnswerCase(status: 200, body: #"{"token":"\#(token)"}"#),
        AnswerCase(status: 200, body: #"{"token":"opaque"}"#),
        AnswerCase(status: 200, body: " \r\n\t{\"token\":\"opaque\",\"more\":{\"a\":[1,null]}}\n"),
        AnswerCase(status: 200, body: #"{"token":"\#(String(repeating: "a", count: 16_384))"}"#),
        // The token is the JSON string's value, not its escaped form.
        AnswerCase(status: 200, body: #"{"token":"\u006fpaque"}"#),
    ]

    @Test(arguments: answers)
    func `a usable token is granted`(answer: AnswerCase) {
        #expect(judge(answer.status, answer.body).token != nil)
        #expect(judge(409, answer.body).token != nil, "DOKU repeats its first answer for a repeated Request-Id")
    }

    @Test func `the granted token is the one that was sent`() {
        #expect(judge(200, #"{"token":"\#(Self.token)"}"#).token?.text == Self.token)
        #expect(judge(200, #"{"token":"\u006fpaque"}"#).token?.text == "opaque")
    }

    private static let unusable: [AnswerCase] = [
        AnswerCase(status: 200, body: "", code: .responseMalformed),
        AnswerCase(status: 200, body: " \r\n", code: .responseMalformed),
        AnswerCase(status: 200, body: "<html>maintenance</html>", code: .responseMalformed),
        AnswerCase(status: 200, body: "OK", code: .responseMalformed),
        AnswerCase(status: 200, body: "null", code: .responseMalformed),
        AnswerCase(status: 200, body: "5", code: .responseMalformed),
        AnswerCase(status: 200, body: "[]", code: .responseMalformed),
        AnswerCase(status: 200, body: #"[{"token":"opaque"}]"#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":"opa"#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":"opaque""#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":"opaque"}{}"#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":"opaque"}<!-- page -->"#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":5}"#, code: .responseMalformed),
        AnswerCase(status: 200, body: #"{"token":["opaque"]}"#, code: .responseMalformed),
        AnswerCase(status: 200, body: String(repeating: "[", count: 65_536), code: .responseMalformed),
        AnswerCase(status: 200, body: String(repeating: #"{"token":"#, count: 7000), code: .responseMalformed),
        AnswerCase(status: 200, body: "{}", code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":null}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"Token":"opaque"}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":""}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":"two words"}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":"line\n"}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":"\u0000"}"#, code: .tokenInvalid),
        AnswerCase(status: 200, body: #"{"token":"tok\u00e9n"}"#, code: .tokenInvalid),
        AnswerCase(
            status: 200, body: #"{"token":"\#(String(repeating: "a", count: 16_385))"}"#, code: .tokenInvalid),
        AnswerCase(
            status: 200, body: #"{"token":"\#(Sample.jwt(left: 21_600, clientID: "BRN-0002"))"}"#, code: .tokenForeign),
        AnswerCase(status: 200, body: #"{"token":"\#(Sample.jwt(left: -1))"}"#, code: .tokenExpired),
        AnswerCase(status: 200, body: #"{"token":"\#(Sample.jwt(#"{"exp":0}"#))"}"#, code: .tokenExpired),
        AnswerCase(status: 201, body: #"{"token":"opaque"}"#, code: .responseMalformed),
        AnswerCase(status: 204, body: "", code: .responseMalformed),
    ]

    @Test(arguments: unusable)
    func `a response without a usable token is retried once`(answer: AnswerCase) throws {
        let failure = try #require(judge(answer.status, answer.body).failure)
        #expect(failure.code == answer.code, "\(failure.message)")
        #expect(judge(answer.status, answer.body).advice == Self.again)
        #expect(!failure.isTransient)
        #expect(!failure.message.isEmpty && !failure.message.contains("opaque"))
    }

    /// RFC 8259 §4 does not say which of two equal members counts.
    @Test func `a response with two tokens has no valid token`() {
        #expect(judge(200, #"{"token":"first","token":"second"}"#).failure?.code == .responseMalformed)
    }

    /// A token that expired before 1970 has expired.
    @Test(arguments: ["-1", "-1795361400", "-0.5"])
    func `a token with a negative expiry time has expired`(end: String) {
        #expect(judge(200, #"{"token":"\#(Sample.jwt(#"{"exp":\#(end)}"#))"}"#).failure?.code == .tokenExpired)
    }

    @Test(arguments: [(59, false), (60, false), (61, true)])
    func `a token must be valid for longer than the clock tolerance of a minute`(left: Int64, isGranted: Bool) {
        let response = judge(200, #"{"token":"\#(Sample.jwt(left: left))"}"#)
        #expect((response.token != nil) == isGranted)
        if !isGranted { #expect(response.failure?.code == .tokenExpired) }
    }

    @Test(arguments: [20, 60, 200, 300])
    func `a truncated token is invalid`(length: Int) {
        let token = Sample.jwt(left: 21_600).prefix(length)
        #expect(judge(200, #"{"token":"\#(token)"}"#).failure?.code == .tokenInvalid)
    }

    @Test(arguments: ["", "{}", #"{"token":null}"#, #"{"token":5}"#, "<html>", #"{"message":["duplicate"]}"#])
    func `HTTP 409 without a token leads to another Request-Id`(body: String) {
        let response = judge(409, body)
        #expect(response.failure?.code == .requestIDSpent)
        #expect(response.failure?.isTransient == true)
        #expect(response.advice == .once(.fresh))
    }

    /// A 409 that repeats a foreign or expired token is not a success either.
    @Test func `HTTP 409 with a token is checked like any other response`() {
        #expect(judge(409, #"{"token":"\#(Sample.jwt(left: 10))"}"#).failure?.code == .tokenExpired)
        #expect(judge(409, #"{"token":"a b"}"#).failure?.code == .tokenInvalid)
        let foreign = Sample.jwt(left: 21_600, clientID: "BRN-0002")
        #expect(judge(409, #"{"token":"\#(foreign)"}"#).failure?.code == .tokenForeign)
    }

    private static let refusals: [AnswerCase] = {
        var cases = [
            AnswerCase(status: 400, body: "", code: .requestRefused),
            AnswerCase(status: 401, body: "", code: .credentialsRejected),
            AnswerCase(status: 403, body: "<html>", code: .credentialsRejected),
            AnswerCase(status: 501, body: "", code: .requestRefused),
            AnswerCase(status: 505, body: "", code: .requestRefused),
            AnswerCase(status: 511, body: "", code: .requestRefused),
            AnswerCase(status: 600, body: "", code: .responseMalformed),
            AnswerCase(status: 999, body: "", code: .responseMalformed),
            AnswerCase(status: 0, body: "", code: .responseMalformed),
            AnswerCase(status: 408, body: "", code: .serverError, advice: .transient(.same, after: nil)),
            AnswerCase(status: 425, body: "", code: .serverError, advice: .transient(.same, after: nil)),
            AnswerCase(status: 429, body: "", code: .rateLimited, advice: .transient(.fresh, after: nil)),
        ]
        for (code, expected) in [
            ("invalid_signature", BrandFailure.Code.credentialsRejected), ("invalid_client_id", .credentialsRejected),
            ("invalid_header_request", .requestRefused), ("idempotent_request", .requestRefused),
            ("something_new", .requestRefused),
        ] {
            let inner = #"{"code":"\#(code)","message":"m","type":"invalid_request_error"}"#
            cases.append(AnswerCase(status: 400, body: #"{"error":\#(inner)}"#, code: expected))
            cases.append(AnswerCase(status: 400, body: inner, code: expected))
            cases.append(AnswerCase(status: 401, body: inner, code: .credentialsRejected))
        }
        for status in [301, 302, 303, 307, 308, 304] {
            cases.append(AnswerCase(status: status, body: #"{"token":"opaque"}"#, code: .redirectRefused))
        }
        for status in [402, 404, 405, 406, 410, 411, 413, 414, 415, 418, 422, 426, 428, 431, 451, 499] {
            cases.append(AnswerCase(status: status, body: #"{"token":"opaque"}"#, code: .requestRefused))
        }
        for status in [500, 502, 503, 504, 507, 520, 522, 524, 599] {
            cases.append(
                AnswerCase(
                    status: status, body: #"{"token":"opaque"}"#, code: .serverError,
                    advice: .transient(.fresh, after: nil)))
        }
        return cases
    }()

    @Test(arguments: refusals)
    func `each status means what the protocol says`(answer: AnswerCase) throws {
        let response = judge(answer.status, answer.body)
        let failure = try #require(response.failure)
        #expect(failure.code == answer.code, "\(failure.message)")
        #expect(response.advice == answer.advice)
        let isPassing = if case .transient = answer.advice { true } else { false }
        #expect(failure.isTransient == isPassing)
        if answer.status != 200 { #expect(failure.message.contains("HTTP \(answer.status)")) }
    }

    @Test(arguments: [400, 401, 403])
    func `a complaint about the timestamp concerns the clock, not the credentials`(status: Int) {
        for body in [
            #"{"error":{"code":"request_time_out_of_range","message":"Header Request-Timestamp is not in +- 3600"}}"#,
            #"{"code":"request_time_out_of_range"}"#,
        ] {
            let failure = judge(status, body).failure
            #expect(failure?.code == .clockSkew)
            #expect(failure?.isTransient == false)
            #expect(failure?.message.contains("clock") == true)
        }
    }

    @Test(arguments: [408, 425, 429, 500, 503])
    func `Retry-After is passed on`(status: Int) {
        func after(_ headers: [String: String]) -> Duration? {
            if case .transient(_, let after) = judge(status, "", headers: headers).advice {
                after
            } else {
                .seconds(-1)
            }
        }
        #expect(after(["retry-after": "7"]) == .seconds(7))
        #expect(after(["retry-after": "soon"]) == nil)
        #expect(
            after([
                "retry-after": "Sun, 22 Nov 2026 09:31:00 GMT", "date": "Sun, 22 Nov 2026 09:30:30 GMT",
            ]) == .seconds(30))
        #expect(after(["retry-after": "Sun, 22 Nov 2026 09:31:00 GMT"]) == .seconds(60))
    }

    private static let same = RetryDecision.transient(.same, after: nil)
    private static let errors: [CurlError.Kind: (code: BrandFailure.Code, advice: RetryDecision)] = [
        .hostNotResolved: (.hostNotResolved, same), .proxyNotResolved: (.proxyNotResolved, same),
        .notConnected: (.notConnected, same), .timedOut: (.timedOut, same), .noResponse: (.connectionLost, same),
        .truncatedResponse: (.connectionLost, same), .http2: (.connectionLost, same), .tlsHandshake: (.tlsFailed, same),
        .tlsRefused: (.tlsRefused, same), .proxyNotConnected: (.proxyFailed, same),
        .proxyRefused: (.proxyFailed, same),
        .responseMalformed: (.responseMalformed, .never), .responseGarbled: (.responseMalformed, .once(.same)),
        .responseTooLarge: (.responseTooLarge, .never), .peerNotTrusted: (.tlsIdentity, .never),
        .trustStoreUnusable: (.tlsTrustStore, .never), .proxyNeedsAuthentication: (.proxyAuthentication, .never),
        .cancelled: (.unfinished, .never), .requestInvalid: (.internal, .never), .internal: (.internal, .never),
    ]

    @Test func `a token is expired by the server's clock, unless this host's clock says it was just issued`() {
        func judged(lifetime: Int64) -> TokenResponse {
            judge(
                200, #"{"token":"\#(Sample.jwt(left: 1800, lifetime: lifetime))"}"#,
                // Two hours ahead of this host.
                headers: ["date": "Sun, 22 Nov 2026 11:30:00 GMT"])
        }
        #expect(judged(lifetime: 9000).failure?.code == .tokenExpired)
        #expect(judged(lifetime: 1800).token != nil)
    }

    @Test func `a response in a content coding that was not offered is rejected unread`() {
        let body = #"{"token":"opaque"}"#
        #expect(judge(200, body, headers: ["content-encoding": "gzip"]).failure?.code == .responseMalformed)
        #expect(judge(200, body, headers: ["content-encoding": "gzip"]).advice == .once(.fresh))
        #expect(judge(200, body, headers: ["content-encoding": "Identity"]).token != nil)
    }

    @Test(arguments: CurlError.Kind.allCases)
    func `each transfer error has its code and its advice`(kind: CurlError.Kind) throws {
        let expected = try #require(Self.errors[kind])
        let response = judge(.failure(CurlError(kind: kind, message: "libcurl's sentence")))
        let failure = try #require(response.failure)
        #expect(failure.code == expected.code)
        #expect(response.advice == expected.advice)
        #expect(failure.message.contains("libcurl's sentence"))
        #expect(failure.message.contains("tls: { ca_file: … }") == (kind == .peerNotTrusted))
        #expect(failure.isTransient || failure.code == .internal || failure.message.contains("; "), "says what to do")
        // If it is unknown whether DOKU processed the request, only the same Request-Id is safe.
        if case .transient(let identity, _) = expected.advice {
            #expect(identity == .same)
            // An error at every attempt of a run is permanent.
            #expect(failure.isTransient == (kind != .tlsRefused && kind != .proxyNotResolved))
        } else if kind != .cancelled {
            #expect(!failure.isTransient)
        }
    }

    /// How a Request-Id is used up: the first response is lost, the retry repeats the id, and DOKU responds with 409.
    @Test func `a Request-Id used up by a lost response is replaced`() throws {
        let policy = RetryPolicy(attempts: 3)
        let lost = try #require(judge(.failure(.init(kind: .timedOut, message: ""))).advice)
        #expect(policy.next(after: 1, advice: lost, remaining: .seconds(3600), random: 0.5)?.identity == .same)
        let spent = try #require(judge(409, "{}").advice)
        #expect(policy.next(after: 2, advice: spent, remaining: .seconds(3600), random: 0.5)?.identity == .fresh)
    }
}
