// SPDX-License-Identifier: Apache-2.0

import Curl
import Model
import TestSupport
import Testing
import TokenAPI

@Suite struct EndpointHealthTests {
    private static let refused = Result<HTTPResponse, CurlError>.failure(
        CurlError(kind: .notConnected, message: "refused"))
    private static let again = RetryDecision.transient(.same, after: nil)

    private func reply(_ status: Int, date: String? = nil) -> Result<HTTPResponse, CurlError> {
        .success(HTTPResponse(status: status, headers: date.map { ["date": $0] } ?? [:]))
    }

    @Test(arguments: [(1, 6), (3, 6), (30, 6), (34, 6), (35, 7), (100, 20), (10_000, 2000)])
    func `retries are a fifth of the brands, and at least six`(brands: Int, extra: Int) {
        let endpoint = EndpointHealth(brands: brands)
        for _ in 0..<extra { #expect(endpoint.refusal(of: Self.again) == nil) }
        #expect(endpoint.refusal(of: Self.again)?.contains("used up") == true)
        #expect(endpoint.refusal(of: .once(.fresh))?.contains("used up") == true)
    }

    @Test func `a corrected clock takes no retry from the budget`() {
        let endpoint = EndpointHealth(brands: 1)
        for _ in 0..<100 { #expect(endpoint.refusal(of: .correctedClock(.seconds(300))) == nil) }
        for _ in 0..<6 { #expect(endpoint.refusal(of: Self.again) == nil) }
        #expect(endpoint.refusal(of: Self.again) != nil)
        #expect(endpoint.refusal(of: .correctedClock(.seconds(300))) == nil)
    }

    @Test(arguments: [
        CurlError.Kind.hostNotResolved, .notConnected, .timedOut, .noResponse, .tlsHandshake, .tlsRefused,
        .proxyNotResolved, .proxyNotConnected, .proxyRefused,
    ])
    func `after five connection failures nothing is retried until a response arrives`(kind: CurlError.Kind) {
        let endpoint = EndpointHealth(brands: 100)
        let failure = Result<HTTPResponse, CurlError>.failure(CurlError(kind: kind, message: ""))
        for _ in 0..<4 { endpoint.note(failure, at: Sample.now) }
        #expect(endpoint.refusal(of: Self.again) == nil)
        endpoint.note(failure, at: Sample.now)
        #expect(endpoint.refusal(of: Self.again)?.contains("5 connection failures in a row") == true)
        // Any response shows that the server can be reached.
        endpoint.note(reply(503), at: Sample.now)
        #expect(endpoint.refusal(of: Self.again) == nil)
        for _ in 0..<4 { endpoint.note(failure, at: Sample.now) }
        #expect(endpoint.refusal(of: Self.again) == nil, "earlier failures do not count")
    }

    @Test func `a brand with truncated responses stops no other brand`() {
        let endpoint = EndpointHealth(brands: 100)
        for kind in [CurlError.Kind.truncatedResponse, .responseMalformed, .responseTooLarge, .http2, .peerNotTrusted] {
            for _ in 0..<10 { endpoint.note(.failure(CurlError(kind: kind, message: "")), at: Sample.now) }
        }
        #expect(endpoint.refusal(of: Self.again) == nil)
    }

    // MARK: The clock

    @Test func `the endpoint's date gives the offset of this host's clock`() {
        let endpoint = EndpointHealth(brands: 3)
        #expect(endpoint.offset == nil)
        endpoint.note(reply(200), at: Sample.now)
        endpoint.note(reply(200, date: "no date"), at: Sample.now)
        #expect(endpoint.offset == nil)
        endpoint.note(reply(200, date: "Sun, 22 Nov 2026 09:35:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == .seconds(300))
        #expect(endpoint.skew == .seconds(300))
        #expect(endpoint.signingOffset == .zero, "an accepted offset stays")
        endpoint.note(reply(401, date: "Sun, 22 Nov 2026 09:29:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == .seconds(-60))
        #expect(endpoint.skew == nil, "a minute is within the tolerance")
    }

    @Test func `an implausible date is ignored`() {
        let endpoint = EndpointHealth(brands: 3)
        endpoint.note(reply(200, date: "Sun, 06 Nov 1994 08:49:37 GMT"), at: Sample.now)
        endpoint.note(reply(401, date: "Wed, 25 Nov 2026 09:30:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == nil)
    }

    @Test(arguments: [
        ("application/json", false), ("Application/JSON; charset=utf-8", false), ("application/problem+json", false),
        ("text/html", true), ("", true), ("text/plain; a=application/json", true),
    ])
    func `a response with a content type other than JSON is remembered`(type: String, isOther: Bool) {
        let endpoint = EndpointHealth(brands: 1)
        endpoint.note(reply(200), at: Sample.now)
        #expect(!endpoint.hasOtherType)
        endpoint.note(.success(HTTPResponse(status: 200, headers: ["content-type": type])), at: Sample.now)
        endpoint.note(reply(200), at: Sample.now)
        #expect(endpoint.hasOtherType == isOther)
    }

    // MARK: Everything together, in virtual time

    /// How an endpoint responds to one attempt.
    private enum Weather: CaseIterable {
        case fine, dead, failing, limiting, mixed
    }

    /// All brands start at once, against an endpoint in some state: which attempts are made, and when.
    @Test(arguments: 0..<200)
    func `retries stay bounded for every behaviour of the endpoint`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let brands = [1, 3, 40, 700].randomElement(using: &random) ?? 1
        let attempts = Int.random(in: 1...10, using: &random)
        let deadline = Duration.seconds(Int.random(in: 1...300, using: &random))
        let weather = Weather.allCases.randomElement(using: &random) ?? .mixed
        let endpoint = EndpointHealth(brands: brands)
        let policy = RetryPolicy(attempts: attempts)

        var waiting = (0..<brands).map { (at: Duration.zero, brand: $0, number: 1, isSingleRetryUsed: false) }
        var made = Array(repeating: 0, count: brands)
        var ended = 0
        while let next = waiting.indices.min(by: { waiting[$0].at < waiting[$1].at }) {
            let attempt = waiting.remove(at: next)
            #expect(attempt.at < deadline)
            made[attempt.brand] += 1
            let (result, advice) = outcome(of: weather, using: &random)
            endpoint.note(result, at: Sample.now)
            guard let advice else {
                ended += 1
                continue
            }
            let end = attempt.at + .milliseconds(Int.random(in: 1...900, using: &random))
            let again = policy.next(
                after: attempt.number, advice: advice, remaining: deadline - end,
                random: Double.random(in: 0..<1, using: &random), isSingleRetryUsed: attempt.isSingleRetryUsed)
            guard let again, endpoint.refusal(of: advice) == nil else {
                ended += 1
                continue
            }
            #expect(again.wait >= .zero)
            if case .transient(_, let after?) = advice {
                #expect(again.wait >= after && again.wait <= after + policy.base)
            } else {
                #expect(again.wait <= policy.cap)
            }
            var isSingleRetryUsed = attempt.isSingleRetryUsed
            if case .once = advice { isSingleRetryUsed = true }
            waiting.append((end + again.wait, attempt.brand, attempt.number + 1, isSingleRetryUsed))
        }
        #expect(ended == brands, "each brand ends exactly once")
        #expect(made.allSatisfy { (1...attempts).contains($0) })
        let extra = made.reduce(0, +) - brands
        #expect(extra <= EndpointHealth.budget(brands: brands))
        if weather == .dead { #expect(extra <= EndpointHealth.patience) }
        if weather == .fine { #expect(extra == 0) }
    }

    private func outcome(
        of weather: Weather, using random: inout SeededGenerator
    ) -> (Result<HTTPResponse, CurlError>, RetryDecision?) {
        switch weather {
        case .fine: (reply(200), nil)
        case .dead: (Self.refused, Self.again)
        case .failing: (reply(503), .transient(.fresh, after: nil))
        case .limiting: (reply(429), .transient(.fresh, after: .seconds(Int.random(in: 0...400, using: &random))))
        case .mixed:
            outcome(of: [.fine, .dead, .failing, .limiting].randomElement(using: &random) ?? .fine, using: &random)
        }
    }
}
