// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

/// Which brands need a new token. In these tests a run starts every 15 minutes and its deadline is 2 minutes. A token
/// needs 15 min + 2 min + 1 min = 1080 s.
@Suite struct RenewalPolicyTests {
    private static let needed: Int64 = 1080

    private func rule(force: Bool = false) -> RenewalPolicy {
        RenewalPolicy(runEvery: .seconds(900), deadline: .seconds(120), force: force, now: Sample.now)
    }

    private func output(
        _ text: String?, path: String = "/run/a.token", isAsConfigured: Bool = true, age: Int64? = 0
    ) throws -> OutputSnapshot {
        let written = age.map { Timestamp(seconds: Sample.now.seconds - $0) }
        guard let text else { return OutputSnapshot(path: path, state: .noToken(.missing)) }
        return OutputSnapshot(
            path: path, state: .token(try Sample.token(text)), isAsConfigured: isAsConfigured, writtenAt: written)
    }

    private static let refusal = BrandFailure(.outputRefused, "/run/mount is a mount point")
    private static let refused = OutputSnapshot(path: "/run/mount", state: .noToken(.refused), refusal: refusal)

    private func verdict(
        left: Int64, lifetime: Int64 = 21_600, renewBefore: RenewalThreshold? = .remaining(.zero)
    ) throws -> RenewalPolicy.Verdict {
        rule().verdict(
            on: Sample.brand(renewBefore: renewBefore),
            outputs: [try output(Sample.jwt(left: left, lifetime: lifetime))])
    }

    private func isRequest(_ verdict: RenewalPolicy.Verdict) -> Bool {
        if case .request = verdict { true } else { false }
    }

    private func reason(_ verdict: RenewalPolicy.Verdict, _ outputs: [OutputSnapshot] = []) -> String? {
        if case .request(let reason) = verdict { reason.words(outputs.map(\.path)) } else { nil }
    }

    @Test func `a token must outlive the next run, its deadline and a minute`() throws {
        #expect(rule().needed == .seconds(Self.needed))
        #expect(
            RenewalPolicy(runEvery: .seconds(3600), deadline: .seconds(30), force: false, now: Sample.now).needed
                == .seconds(3690))
        #expect(try isRequest(verdict(left: Self.needed - 1)))
        #expect(try isRequest(verdict(left: Self.needed)))
        #expect(try verdict(left: Self.needed + 1) == .fresh)
    }

    @Test(arguments: [Int64(-1_000_000), -1, 0, 1, 60])
    func `a token that has expired or expires soon is renewed`(left: Int64) throws {
        let verdict = try verdict(left: left)
        #expect(isRequest(verdict))
        #expect((reason(verdict) == "the token has expired") == (left <= 0))
    }

    @Test(arguments: [
        // A duration, whatever the lifetime.
        (RenewalThreshold?.some(.remaining(.seconds(7200))), Int64(21_600), Int64(7200)),
        (.remaining(.seconds(7200)), 86_400, 7200),
        // Percent of the lifetime.
        (.percent(50), 21_600, 10_800), (.percent(1), 864_000, 8640), (.percent(99), 21_600, 21_384),
        // A third by default.
        (nil, 21_600, 7200), (nil, 86_400, 28_800),
        // The needs of the next run are the lower bound of each.
        (.remaining(.seconds(1)), 21_600, needed), (.percent(1), 21_600, needed), (nil, 3000, needed),
    ])
    func `a token is renewed at its threshold, not a second earlier`(
        renewBefore: RenewalThreshold?, lifetime: Int64, threshold: Int64
    ) throws {
        #expect(try verdict(left: threshold + 1, lifetime: lifetime, renewBefore: renewBefore) == .fresh)
        #expect(try isRequest(verdict(left: threshold, lifetime: lifetime, renewBefore: renewBefore)))
    }

    /// A fraction alone is not enough: a third of 15 minutes is 5, but the next run starts in 15.
    @Test func `a short token is renewed on every run`() throws {
        #expect(try isRequest(verdict(left: 890, lifetime: 900, renewBefore: nil)))
    }

    @Test func `a JWT without iat has the configured lifetime`() throws {
        let text = Sample.jwt(#"{"exp":\#(Sample.now.seconds + 10_801)}"#)
        let fresh = [try output(text)]
        #expect(rule().verdict(on: Sample.brand(validTime: .seconds(32_400)), outputs: fresh) == .fresh)
        #expect(isRequest(rule().verdict(on: Sample.brand(validTime: .seconds(32_403)), outputs: fresh)))
        // Without a lifetime, only the needs of the next run count.
        #expect(rule().verdict(on: Sample.brand(), outputs: fresh) == .fresh)
    }

    /// The clock was ahead when the file was written, or has jumped back since.
    @Test(arguments: [(59, true), (60, true), (61, false), (86_400, false)])
    func `a token issued more than a minute in the future is renewed`(ahead: Int64, isFresh: Bool) throws {
        let start = Sample.now.seconds + ahead
        let text = Sample.jwt(#"{"exp":\#(start + 21_600),"iat":\#(start)}"#)
        for age in [-ahead, nil] {
            let verdict = rule().verdict(on: Sample.brand(), outputs: [try output(text, age: age)])
            #expect((verdict == .fresh) == isFresh)
            if !isFresh { #expect(reason(verdict) == "the token was issued in the future") }
        }
    }

    /// This host's clock is behind, so a token is issued after its file was written. Not every run must renew it.
    @Test(arguments: [61, 300, 7200, 86_400])
    func `the file shows a clock that is behind, and expiry counts by the issuer's clock`(behind: Int64) throws {
        let lifetime: Int64 = 200_000
        let brand = Sample.brand(renewBefore: .remaining(.seconds(3600)))
        for age in [Int64(0), 900, 10_000] {
            let start = Sample.now.seconds - age + behind
            let text = Sample.jwt(#"{"exp":\#(start + lifetime),"iat":\#(start)}"#)
            #expect(rule().verdict(on: brand, outputs: [try output(text, age: age)]) == .fresh)
        }
        // An hour before it expires by the correct time, which is later than this host's time.
        for (left, isFresh) in [(3601, true), (3600, false)] as [(Int64, Bool)] {
            let end = Sample.now.seconds + behind + left
            let text = Sample.jwt(#"{"exp":\#(end),"iat":\#(end - lifetime)}"#)
            let age = lifetime - left
            let verdict = rule().verdict(on: brand, outputs: [try output(text, age: age)])
            #expect((verdict == .fresh) == isFresh)
        }
    }

    @Test func `a file that is newer than its token does not show a clock error`() throws {
        // The file may be a copy or restored, so expiry counts by this host's clock.
        let brand = Sample.brand(renewBefore: .remaining(.seconds(3600)))
        let text = Sample.jwt(left: 3600)
        #expect(isRequest(rule().verdict(on: brand, outputs: [try output(text, age: 0)])))
    }

    // MARK: Opaque tokens

    @Test(arguments: [
        // A third of 6 hours is 7200: due from an age of 14 400 s on.
        (RenewalThreshold?.none, Int64(14_399), true), (nil, 14_400, false),
        (.percent(50), 10_799, true), (.percent(50), 10_800, false),
        (.remaining(.seconds(3600)), 17_999, true), (.remaining(.seconds(3600)), 18_000, false),
        (.remaining(.zero), 20_519, true), (.remaining(.zero), 20_520, false),
        (nil, 1_000_000, false),
    ])
    func `an opaque token expires valid_time after its file was written`(
        renewBefore: RenewalThreshold?, age: Int64, isFresh: Bool
    ) throws {
        let brand = Sample.brand(validTime: .seconds(21_600), renewBefore: renewBefore)
        #expect((rule().verdict(on: brand, outputs: [try output("opaque", age: age)]) == .fresh) == isFresh)
    }

    @Test func `an opaque token in a file from the future is due, because the clock was set back`() throws {
        let brand = Sample.brand(validTime: .seconds(21_600))
        #expect(isRequest(rule().verdict(on: brand, outputs: [try output("opaque", age: -86_400)])))
        #expect(rule().verdict(on: brand, outputs: [try output("opaque", age: -30)]) == .fresh)
    }

    @Test func `an opaque token without an age or a lifetime is always due`() throws {
        #expect(isRequest(rule().verdict(on: Sample.brand(), outputs: [try output("opaque")])))
        #expect(
            isRequest(
                rule().verdict(on: Sample.brand(validTime: .seconds(21_600)), outputs: [try output("opaque", age: nil)])
            ))
    }

    @Test func `the oldest of several files determines an opaque token's age`() throws {
        let brand = Sample.brand(validTime: .seconds(21_600))
        let (old, new) = (try output("opaque", age: 20_000), try output("opaque", path: "/run/b", age: 0))
        let snippet = try output("opaque", path: "/run/c", age: nil)
        #expect(isRequest(rule().verdict(on: brand, outputs: [old, new])))
        #expect(isRequest(rule().verdict(on: brand, outputs: [new, old, snippet])))
        #expect(rule().verdict(on: brand, outputs: [new, snippet]) == .fresh)
    }

    /// Publishing it again would make it look new.
    @Test func `an opaque token is renewed instead of repaired`() throws {
        let brand = Sample.brand(validTime: .seconds(21_600))
        #expect(isRequest(rule().verdict(on: brand, outputs: [try output("opaque", isAsConfigured: false)])))
    }

    // MARK: Several outputs

    @Test func `a missing token in any output is a reason to renew`() throws {
        let good = try output(Sample.jwt(left: 21_600))
        let missing = try output(nil, path: "/run/b.token")
        for outputs in [[missing], [good, missing], [missing, good], [good, missing, good]] {
            let verdict = rule().verdict(on: Sample.brand(), outputs: outputs)
            #expect(reason(verdict, outputs) == "/run/b.token is missing")
        }
    }

    @Test func `different tokens in outputs are a reason to renew`() throws {
        let (a, b) = (try output(Sample.jwt(left: 21_600)), try output(Sample.jwt(left: 21_601), path: "/run/b"))
        for outputs in [[a, b], [b, a], [a, b, a], [a, a, b], [b, a, a]] {
            #expect(reason(rule().verdict(on: Sample.brand(), outputs: outputs))?.contains("different tokens") == true)
        }
        #expect(rule().verdict(on: Sample.brand(), outputs: [a, a, a]) == .fresh)
    }

    @Test func `a token of another brand is a reason to renew`() throws {
        let foreign = try output(Sample.jwt(left: 21_600, clientID: "BRN-0002"))
        #expect(
            reason(rule().verdict(on: Sample.brand(), outputs: [foreign])) == "the token names another Client-Id")
        #expect(
            rule().verdict(
                on: Sample.brand(),
                outputs: [try output(Sample.jwt(#"{"exp":\#(Sample.now.seconds + 21_600)}"#))]) == .fresh)
    }

    @Test func `a valid token in a file that is not as configured is repaired`() throws {
        let good = try output(Sample.jwt(left: 21_600))
        let crooked = try output(Sample.jwt(left: 21_600), path: "/run/b", isAsConfigured: false)
        for outputs in [[crooked], [good, crooked], [crooked, good]] {
            #expect(rule().verdict(on: Sample.brand(), outputs: outputs) == .repair)
        }
        let old = try output(Sample.jwt(left: 10), isAsConfigured: false)
        #expect(isRequest(rule().verdict(on: Sample.brand(), outputs: [old])))
    }

    // MARK: Refused outputs

    @Test func `nothing is requested if no output may be written`() {
        for force in [false, true] {
            let rule = rule(force: force)
            #expect(rule.verdict(on: Sample.brand(), outputs: [Self.refused]) == .impossible(Self.refusal))
            #expect(
                rule.verdict(on: Sample.brand(), outputs: [Self.refused, Self.refused]) == .impossible(Self.refusal))
        }
    }

    @Test func `a refused output does not block the other outputs`() throws {
        let missing = try output(nil)
        #expect(isRequest(rule().verdict(on: Sample.brand(), outputs: [Self.refused, missing])))
        #expect(isRequest(rule().verdict(on: Sample.brand(), outputs: [missing, Self.refused])))
        let old = try output(Sample.jwt(left: 10))
        #expect(isRequest(rule().verdict(on: Sample.brand(), outputs: [Self.refused, old])))
        let good = try output(Sample.jwt(left: 21_600))
        #expect(rule().verdict(on: Sample.brand(), outputs: [Self.refused, good]) == .fresh)
    }

    @Test func `force requests a token regardless of the outputs`() throws {
        for outputs in [
            [try output(Sample.jwt(left: 21_600))], [try output(nil)], [try output("opaque")],
            [try output(Sample.jwt(left: 21_600)), Self.refused],
        ] {
            #expect(rule(force: true).verdict(on: Sample.brand(), outputs: outputs) == .request(.forced))
        }
    }

    // MARK: Health

    @Test(arguments: [
        (Int64(-1), TokenHealth.unusable), (0, .unusable), (1, .expiresBeforeNextRun), (needed, .expiresBeforeNextRun),
        (needed + 1, .outlivesNextRun), (21_600, .outlivesNextRun),
    ])
    func `health depends on whether a token outlives the next run`(left: Int64, health: TokenHealth) throws {
        let brand = Sample.brand(validTime: .seconds(21_600), renewBefore: .percent(99))
        let token = try Sample.token(Sample.jwt(left: left))
        #expect(rule().health(of: token, brand: brand, writtenAt: nil) == health)
        #expect(rule().health(of: try output(token.text), brand: brand) == health)
        // The same applies to an opaque token by its age.
        #expect(rule().health(of: try output("opaque", age: 21_600 - left), brand: brand) == health)
    }

    @Test func `an output without a token of the brand is dead`() throws {
        #expect(rule().health(of: try output(nil), brand: Sample.brand()) == .unusable)
        #expect(rule().health(of: Self.refused, brand: Sample.brand()) == .unusable)
        let foreign = try output(Sample.jwt(left: 21_600, clientID: "BRN-0002"))
        #expect(rule().health(of: foreign, brand: Sample.brand()) == .unusable)
    }

    @Test func `health is ordered from good to bad`() {
        #expect(TokenHealth.outlivesNextRun < .expiresBeforeNextRun)
        #expect(TokenHealth.expiresBeforeNextRun < .unusable)
    }
}
