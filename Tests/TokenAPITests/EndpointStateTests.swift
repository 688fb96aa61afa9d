// SPDX-License-Identifier: Apache-2.0

import Curl
import Model
import TestSupport
import Testing
import TokenAPI

@Suite struct EndpointStateTests {
    private static let refused = Result<HTTPReply, CurlError>.failure(
        CurlError(kind: .notConnected, message: "refused"))
    private static let again = RetryAdvice.passing(.same, after: nil)

    private func reply(_ status: Int, date: String? = nil) -> Result<HTTPReply, CurlError> {
        .success(HTTPReply(status: status, headers: date.map { ["date": $0] } ?? [:]))
    }

    @Test(arguments: [(1, 6), (3, 6), (30, 6), (34, 6), (35, 7), (100, 20), (10_000, 2000)])
    func `a fifth of the brands, and at least six, may be tried again`(brands: Int, extra: Int) {
        let endpoint = EndpointState(brands: brands)
        for _ in 0..<extra { #expect(endpoint.refusal(of: Self.again) == nil) }
        #expect(endpoint.refusal(of: Self.again)?.contains("used up") == true)
        #expect(endpoint.refusal(of: .once(.fresh))?.contains("used up") == true)
    }

    @Test func `a corrected clock is nobody's extra attempt`() {
        let endpoint = EndpointState(brands: 1)
        for _ in 0..<100 { #expect(endpoint.refusal(of: .correctedClock(.seconds(300))) == nil) }
        for _ in 0..<6 { #expect(endpoint.refusal(of: Self.again) == nil) }
        #expect(endpoint.refusal(of: Self.again) != nil)
        #expect(endpoint.refusal(of: .correctedClock(.seconds(300))) == nil)
    }

    @Test(arguments: [
        CurlError.Kind.hostNotResolved, .notConnected, .timedOut, .noAnswer, .tlsHandshake, .tlsRefused,
        .proxyNotResolved, .proxyRefused,
    ])
    func `after five failures to connect nothing is tried again until an answer comes`(kind: CurlError.Kind) {
        let endpoint = EndpointState(brands: 100)
        let failure = Result<HTTPReply, CurlError>.failure(CurlError(kind: kind, message: ""))
        for _ in 0..<4 { endpoint.note(failure, at: Sample.now) }
        #expect(endpoint.refusal(of: Self.again) == nil)
        endpoint.note(failure, at: Sample.now)
        #expect(endpoint.refusal(of: Self.again)?.contains("5 failures to connect in a row") == true)
        // Whatever it says, somebody is there.
        endpoint.note(reply(503), at: Sample.now)
        #expect(endpoint.refusal(of: Self.again) == nil)
        for _ in 0..<4 { endpoint.note(failure, at: Sample.now) }
        #expect(endpoint.refusal(of: Self.again) == nil, "the failures of before do not count")
    }

    @Test func `a brand whose own answers are cut stops nobody`() {
        let endpoint = EndpointState(brands: 100)
        for kind in [CurlError.Kind.answerCut, .answerMalformed, .answerTooLarge, .http2, .peerNotTrusted] {
            for _ in 0..<10 { endpoint.note(.failure(CurlError(kind: kind, message: "")), at: Sample.now) }
        }
        #expect(endpoint.refusal(of: Self.again) == nil)
    }

    // MARK: The clock

    @Test func `the endpoint's date tells how far this host's clock is off`() {
        let endpoint = EndpointState(brands: 3)
        #expect(endpoint.offset == nil)
        endpoint.note(reply(200), at: Sample.now)
        endpoint.note(reply(200, date: "no date"), at: Sample.now)
        #expect(endpoint.offset == nil)
        endpoint.note(reply(200, date: "Sun, 22 Nov 2026 09:35:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == .seconds(300))
        #expect(endpoint.skew == .seconds(300))
        #expect(endpoint.signingOffset == .zero, "what is accepted is not changed")
        endpoint.note(reply(401, date: "Sun, 22 Nov 2026 09:29:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == .seconds(-60))
        #expect(endpoint.skew == nil, "a minute is within the doubt")
    }

    @Test func `a date that cannot be believed is not`() {
        let endpoint = EndpointState(brands: 3)
        endpoint.note(reply(200, date: "Sun, 06 Nov 1994 08:49:37 GMT"), at: Sample.now)
        endpoint.note(reply(401, date: "Wed, 25 Nov 2026 09:30:00 GMT"), at: Sample.now)
        #expect(endpoint.offset == nil)
    }

    @Test(arguments: [
        ("application/json", false), ("Application/JSON; charset=utf-8", false), ("application/problem+json", false),
        ("text/html", true), ("", true), ("text/plain; a=application/json", true),
    ])
    func `an answer that is labelled as something else than JSON is remembered`(type: String, isOther: Bool) {
        let endpoint = EndpointState(brands: 1)
        endpoint.note(reply(200), at: Sample.now)
        #expect(!endpoint.hasOtherType)
        endpoint.note(.success(HTTPReply(status: 200, headers: ["content-type": type])), at: Sample.now)
        endpoint.note(reply(200), at: Sample.now)
        #expect(endpoint.hasOtherType == isOther)
    }

    // MARK: Everything together, in virtual time

    /// What an endpoint does to one attempt.
    private enum Weather: CaseIterable {
        case fine, dead, failing, limiting, mixed
    }

    /// Brands that all begin at once, against an endpoint of some weather: which attempts are made, and when.
    @Test(arguments: 0..<200)
    func `no storm, whatever the endpoint does`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let brands = [1, 3, 40, 700].randomElement(using: &random) ?? 1
        let attempts = Int.random(in: 1...10, using: &random)
        let deadline = Duration.seconds(Int.random(in: 1...300, using: &random))
        let weather = Weather.allCases.randomElement(using: &random) ?? .mixed
        let endpoint = EndpointState(brands: brands)
        let policy = RetryPolicy(attempts: attempts)

        var waiting = (0..<brands).map { (at: Duration.zero, brand: $0, number: 1, isOnceUsed: false) }
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
                random: Double.random(in: 0..<1, using: &random), isOnceUsed: attempt.isOnceUsed)
            guard let again, endpoint.refusal(of: advice) == nil else {
                ended += 1
                continue
            }
            #expect(again.wait >= .zero)
            if case .passing(_, let after?) = advice {
                #expect(again.wait >= after && again.wait <= after + policy.base)
            } else {
                #expect(again.wait <= policy.cap)
            }
            var isOnceUsed = attempt.isOnceUsed
            if case .once = advice { isOnceUsed = true }
            waiting.append((end + again.wait, attempt.brand, attempt.number + 1, isOnceUsed))
        }
        #expect(ended == brands, "each brand ends, once")
        #expect(made.allSatisfy { (1...attempts).contains($0) })
        let extra = made.reduce(0, +) - brands
        #expect(extra <= EndpointState.budget(brands: brands))
        if weather == .dead { #expect(extra <= EndpointState.patience) }
        if weather == .fine { #expect(extra == 0) }
    }

    private func outcome(
        of weather: Weather, using random: inout SeededGenerator
    ) -> (Result<HTTPReply, CurlError>, RetryAdvice?) {
        switch weather {
        case .fine: (reply(200), nil)
        case .dead: (Self.refused, Self.again)
        case .failing: (reply(503), .passing(.fresh, after: nil))
        case .limiting: (reply(429), .passing(.fresh, after: .seconds(Int.random(in: 0...400, using: &random))))
        case .mixed:
            outcome(of: [.fine, .dead, .failing, .limiting].randomElement(using: &random) ?? .fine, using: &random)
        }
    }
}
