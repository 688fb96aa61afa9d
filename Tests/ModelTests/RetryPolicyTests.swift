// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    private static let hour = Duration.seconds(3600)
    private static let transient = RetryDecision.transient(.same, after: nil)

    /// Base 500 ms, doubled with each attempt, at most 20 s.
    @Test(arguments: [
        (1, Duration.milliseconds(500)), (2, .seconds(1)), (3, .seconds(2)), (4, .seconds(4)), (5, .seconds(8)),
        (6, .seconds(16)), (7, .seconds(20)), (8, .seconds(20)), (63, .seconds(20)), (64, .seconds(20)),
        (1000, .seconds(20)),
    ])
    func `a wait is anywhere below the limit of its attempt`(attempt: Int, bound: Duration) throws {
        let policy = RetryPolicy(attempts: 10_000)
        var generator = SeededGenerator(seed: UInt64(attempt))
        var (shortest, longest) = (bound, Duration.zero)
        for _ in 0..<2000 {
            let next = try #require(
                policy.next(
                    after: attempt, advice: Self.transient, remaining: Self.hour,
                    random: .random(in: 0..<1, using: &generator)))
            #expect(next.wait >= .zero && next.wait < bound)
            (shortest, longest) = (min(shortest, next.wait), max(longest, next.wait))
        }
        // "Full" jitter uses the whole range.
        #expect(shortest < bound / 20)
        #expect(longest > bound * 19 / 20)
        #expect(policy.next(after: attempt, advice: Self.transient, remaining: Self.hour, random: 0)?.wait == .zero)
    }

    @Test(arguments: 1...10)
    func `there are as many attempts as configured`(attempts: Int) {
        let policy = RetryPolicy(attempts: attempts)
        for attempt in 1...12 {
            let next = policy.next(after: attempt, advice: Self.transient, remaining: Self.hour, random: 0.5)
            #expect((next != nil) == (attempt < attempts))
        }
    }

    @Test func `the advice never allows no retry`() {
        for attempt in 1...3 {
            #expect(
                RetryPolicy(attempts: 10).next(after: attempt, advice: .never, remaining: Self.hour, random: 0) == nil)
        }
    }

    @Test func `the advice once allows one retry, or none if one attempt is configured`() {
        for identity in [RequestIdentity.same, .fresh] {
            let advice = RetryDecision.once(identity)
            let next = RetryPolicy(attempts: 10).next(after: 1, advice: advice, remaining: Self.hour, random: 0.5)
            #expect(next?.identity == identity)
            #expect(RetryPolicy(attempts: 1).next(after: 1, advice: advice, remaining: Self.hour, random: 0.5) == nil)
        }
    }

    @Test(arguments: [RequestIdentity.same, .fresh])
    func `the advice decides the Request-Id`(identity: RequestIdentity) {
        let next = RetryPolicy(attempts: 3).next(
            after: 1, advice: .transient(identity, after: nil), remaining: Self.hour, random: 0.5)
        #expect(next?.identity == identity)
    }

    @Test(arguments: [0, 1, 7, 60, 3000])
    func `Retry-After is a lower bound`(seconds: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seconds))
        let advice = RetryDecision.transient(.fresh, after: .seconds(seconds))
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

    @Test func `the brand fails at once if the wait does not fit`() {
        let policy = RetryPolicy(attempts: 3)
        func wait(_ after: Duration?, remaining: Duration) -> Duration? {
            policy.next(after: 1, advice: .transient(.same, after: after), remaining: remaining, random: 0)?.wait
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
