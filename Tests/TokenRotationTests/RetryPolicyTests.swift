// SPDX-License-Identifier: Apache-2.0

import Curl
import TestSupport
import Testing
import TokenRotation

@Suite struct RetryPolicyTests {
    private static let hour = Duration.seconds(3600)
    private static let passing = RetryAdvice.passing(.same, after: nil)

    /// Base 500 ms, doubled with each attempt, at most 20 s.
    @Test(arguments: [
        (1, Duration.milliseconds(500)), (2, .seconds(1)), (3, .seconds(2)), (4, .seconds(4)), (5, .seconds(8)),
        (6, .seconds(16)), (7, .seconds(20)), (8, .seconds(20)), (63, .seconds(20)), (64, .seconds(20)),
        (1000, .seconds(20)),
    ])
    func `a wait is anywhere below the bound of its attempt`(attempt: Int, bound: Duration) throws {
        let policy = RetryPolicy(attempts: 10_000)
        var generator = SeededGenerator(seed: UInt64(attempt))
        var (shortest, longest) = (bound, Duration.zero)
        for _ in 0..<2000 {
            let next = try #require(
                policy.next(
                    after: attempt, advice: Self.passing, remaining: Self.hour,
                    random: .random(in: 0..<1, using: &generator)))
            #expect(next.wait >= .zero && next.wait < bound)
            (shortest, longest) = (min(shortest, next.wait), max(longest, next.wait))
        }
        // "Full" jitter: the whole range is used.
        #expect(shortest < bound / 20)
        #expect(longest > bound * 19 / 20)
        #expect(policy.next(after: attempt, advice: Self.passing, remaining: Self.hour, random: 0)?.wait == .zero)
    }

    @Test(arguments: 1...10)
    func `there are as many attempts as configured`(attempts: Int) {
        let policy = RetryPolicy(attempts: attempts)
        for attempt in 1...12 {
            let next = policy.next(after: attempt, advice: Self.passing, remaining: Self.hour, random: 0.5)
            #expect((next != nil) == (attempt < attempts))
        }
    }

    @Test func `never is never`() {
        for attempt in 1...3 {
            #expect(
                RetryPolicy(attempts: 10).next(after: attempt, advice: .never, remaining: Self.hour, random: 0) == nil)
        }
    }

    @Test func `once is one more try, and none where one attempt is configured`() {
        for identity in [RequestIdentity.same, .fresh] {
            let advice = RetryAdvice.once(identity)
            let next = RetryPolicy(attempts: 10).next(after: 1, advice: advice, remaining: Self.hour, random: 0.5)
            #expect(next?.identity == identity)
            #expect(RetryPolicy(attempts: 1).next(after: 1, advice: advice, remaining: Self.hour, random: 0.5) == nil)
        }
    }

    /// The way a Request-Id gets spent: the first answer is lost, the second attempt repeats the id, DOKU says 409.
    @Test func `a Request-Id spent by an attempt without an answer is followed by another one`() throws {
        let policy = RetryPolicy(attempts: 3)
        let lost = try #require(judge(.failure(.init(kind: .timedOut, message: ""))).advice)
        #expect(policy.next(after: 1, advice: lost, remaining: Self.hour, random: 0.5)?.identity == .same)
        let spent = try #require(judge(409, "{}").advice)
        #expect(policy.next(after: 2, advice: spent, remaining: Self.hour, random: 0.5)?.identity == .fresh)
    }

    @Test(arguments: [RequestIdentity.same, .fresh])
    func `the identity is the advice's`(identity: RequestIdentity) {
        let next = RetryPolicy(attempts: 3).next(
            after: 1, advice: .passing(identity, after: nil), remaining: Self.hour, random: 0.5)
        #expect(next?.identity == identity)
    }

    @Test(arguments: [0, 1, 7, 60, 3000])
    func `the peer's wish is a lower bound`(seconds: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seconds))
        let advice = RetryAdvice.passing(.fresh, after: .seconds(seconds))
        for attempt in 1...2 {
            for _ in 0..<500 {
                let next = try #require(
                    RetryPolicy(attempts: 3).next(
                        after: attempt, advice: advice, remaining: Self.hour,
                        random: .random(in: 0..<1, using: &generator)))
                #expect(next.wait >= .seconds(seconds))
                #expect(next.wait < .seconds(seconds) + .milliseconds(500))
            }
        }
    }

    @Test func `a wait that does not fit ends the brand at once`() {
        let policy = RetryPolicy(attempts: 3)
        func wait(_ after: Duration?, remaining: Duration) -> Duration? {
            policy.next(after: 1, advice: .passing(.same, after: after), remaining: remaining, random: 0)?.wait
        }
        #expect(wait(.seconds(10), remaining: .seconds(11)) == .seconds(10))
        #expect(wait(.seconds(10), remaining: .seconds(10)) == nil)
        #expect(wait(.seconds(10), remaining: .seconds(9)) == nil)
        #expect(wait(.seconds(999_999_999), remaining: Self.hour) == nil)
        #expect(wait(nil, remaining: .milliseconds(1)) == .zero)
        #expect(wait(nil, remaining: .zero) == nil)
        #expect(wait(nil, remaining: .seconds(-5)) == nil)
    }
}

@Suite struct RetryAfterTests {
    private static let date = "Sun, 22 Nov 2026 09:30:00 GMT"

    private func wait(_ value: String, date: String? = nil) -> Duration? {
        RetryAfter.wait(value, date: date, now: Sample.now)
    }

    @Test(arguments: [("0", 0), ("1", 1), ("007", 7), ("120", 120), ("999999999", 999_999_999)])
    func `seconds count from the answer`(value: String, seconds: Int64) {
        #expect(wait(value) == .seconds(seconds))
        // Whatever the clocks say.
        #expect(wait(value, date: "Sun, 06 Nov 1994 08:49:37 GMT") == .seconds(seconds))
    }

    /// A year of five digits was found by fuzzing.
    @Test(arguments: ["99999999999999999999999999", "Tue Nov 14 22023", "Fri, 31 Dec 9999 23:59:59 GMT"])
    func `no wait is without end`(value: String) {
        #expect(wait(value) == .seconds(1_000_000_000))
    }

    /// The three forms of RFC 9110 §5.6.7.
    @Test(arguments: [
        "Sun, 22 Nov 2026 09:31:30 GMT", "Sunday, 22-Nov-26 09:31:30 GMT", "Sun Nov 22 09:31:30 2026",
    ])
    func `a date counts from the server's own`(value: String) {
        #expect(wait(value) == .seconds(90))
        #expect(wait(value, date: Self.date) == .seconds(90))
        #expect(wait(value, date: "Sun, 22 Nov 2026 08:31:30 GMT") == .seconds(3600))
        #expect(wait(value, date: "Sunday, 22-Nov-26 09:31:20 GMT") == .seconds(10))
        #expect(wait(value, date: "no date") == .seconds(90))
    }

    @Test(arguments: [
        "Sun, 22 Nov 2026 09:29:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 22 Nov 2026 09:30:00 GMT",
    ])
    func `a date that is past asks for no wait`(value: String) {
        #expect(wait(value, date: Self.date) == .zero)
    }

    /// RFC 9110 §10.2.3 sets no bound to the digits: who writes many asks for a wait that no run has.
    @Test(arguments: ["1000000000", "9999999999", "99999999999999999999", String(repeating: "9", count: 300)])
    func `an absurd number is a long wait, not none`(value: String) throws {
        #expect(try #require(wait(value)) >= .seconds(999_999_999))
    }

    @Test(arguments: [
        "", " ", "soon", "-1", "+5", "1.5", "1e3", "5s", "5 ", " 5", "0x10", "٥", "２", "5,6", "Sun", "Sun,", "Sunday",
        "Sun, 22 Nov", "2026-11-22T09:31:30Z", "22 Nov 2026 09:31:30 GMT", "Sun, 99 Nov 2026 09:31:30 GMT",
        "Sun, 22 Nix 2026 09:31:30 GMT", "Sun, 22 Nov 2026 25:31:30 GMT", "Sun, 22 Nov 2026 09:31:30 GMT\0",
        "Sun, 22 Nov 2026 09:31:30 GMT" + String(repeating: " ", count: 100), "tomorrow", "now",
    ])
    func `anything else is no wish`(value: String) {
        #expect(wait(value, date: Self.date) == nil)
    }
}
