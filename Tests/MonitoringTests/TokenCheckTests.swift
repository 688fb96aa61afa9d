// SPDX-License-Identifier: Apache-2.0

import Model
import Monitoring
import TestSupport
import Testing

@Suite struct TokenCheckTests {
    /// run_every 15m, deadline 2m: a run needs 18m, and is due at a third of six hours.
    private func rule(warning: Duration? = nil, critical: Duration? = nil) -> CheckRule {
        var configuration = Configuration(endpoint: Sample.endpoint)
        configuration.runEvery = .seconds(900)
        return CheckRule(configuration, warning: warning, critical: critical, now: Sample.now)
    }

    private func output(
        _ text: String, path: String = "/run/a.token", isAsConfigured: Bool = true, refusal: BrandFailure? = nil,
        age: Int64 = 0
    ) throws -> OutputSnapshot {
        OutputSnapshot(
            path: path, state: .token(try Sample.token(text)), refusal: refusal, isAsConfigured: isAsConfigured,
            writtenAt: Timestamp(seconds: Sample.now.seconds - age))
    }

    private func absent(_ absence: MissingTokenReason) -> OutputSnapshot {
        OutputSnapshot(path: "/run/a.token", state: .noToken(absence))
    }

    // Due at 7200 s; a run later 6300 s; half the margin of 180 s below that is 6210 s.
    @Test(arguments: [
        (Int64(21_600), TokenCheck.State.ok), (7200, .ok), (6300, .ok), (6211, .ok), (6210, .warning), (61, .warning),
        (60, .critical), (1, .critical), (0, .critical), (-5, .critical),
    ])
    func `the remaining time decides the state`(left: Int64, state: TokenCheck.State) throws {
        let finding = rule().finding(on: Sample.brand(), outputs: [try output(Sample.jwt(left: left))])
        #expect(finding.state == state, "\(finding.sentence)")
        #expect(finding.remaining == .seconds(left))
        #expect(finding.warning == .seconds(6210))
        #expect(finding.critical == .seconds(60))
    }

    @Test func `the renewal threshold of a brand counts`() throws {
        let brand = Sample.brand(renewBefore: .remaining(.seconds(20_000)))
        let late = rule().finding(on: brand, outputs: [try output(Sample.jwt(left: 19_000))])
        #expect(late.state == .warning)
        #expect(late.warning == .seconds(20_000 - 900 - 90))
        let short = rule().finding(
            on: Sample.brand(renewBefore: .remaining(.zero)), outputs: [try output(Sample.jwt(left: 91))])
        #expect(short.state == .ok, "1080 s are needed, so that 180 s are left before the next run: \(short.sentence)")
    }

    @Test func `a token with a lifetime below its renewal threshold is OK while runs renew it`() throws {
        let brand = Sample.brand(renewBefore: .remaining(.seconds(20_000)))
        for (left, state) in [(Int64(7200), TokenCheck.State.ok), (6300, .ok), (6210, .warning)] {
            let text = Sample.jwt(left: left, lifetime: 7200)
            #expect(rule().finding(on: brand, outputs: [try output(text)]).state == state)
        }
    }

    /// A run with a configured random delay is not late.
    @Test func `the random delay of runs is taken into account`() throws {
        var configuration = Configuration(endpoint: Sample.endpoint)
        configuration.runEvery = .seconds(900)
        configuration.splay = .seconds(300)
        let rule = CheckRule(configuration, warning: nil, critical: nil, now: Sample.now)
        for (left, state) in [(Int64(5911), TokenCheck.State.ok), (5910, .warning)] {
            let finding = rule.finding(on: Sample.brand(), outputs: [try output(Sample.jwt(left: left))])
            #expect(finding.state == state)
            #expect(finding.warning == .seconds(7200 - 900 - 300 - 90))
        }
    }

    @Test(arguments: [(Int64(601), TokenCheck.State.ok), (600, .warning), (301, .warning), (300, .critical)])
    func `explicit bounds replace the defaults`(left: Int64, state: TokenCheck.State) throws {
        let rule = rule(warning: .seconds(600), critical: .seconds(300))
        #expect(rule.finding(on: Sample.brand(), outputs: [try output(Sample.jwt(left: left))]).state == state)
    }

    @Test(arguments: [
        (MissingTokenReason.missing, TokenCheck.State.critical), (.unreadable, .critical), (.truncated, .critical),
        (.unassigned, .critical), (.refused, .critical), (.inaccessible, .unknown),
    ])
    func `a missing token is critical, and an unreadable one is unknown`(
        absence: MissingTokenReason, state: TokenCheck.State
    ) throws {
        #expect(rule().finding(on: Sample.brand(), outputs: [absent(absence)]).state == state)
        // A good output does not hide it.
        let good = try output(Sample.jwt(left: 20_000))
        #expect(rule().finding(on: Sample.brand(), outputs: [good, absent(absence)]).state == state)
    }

    @Test func `a fault that the next run repairs is a warning`() throws {
        let token = Sample.jwt(left: 20_000)
        let refusal = BrandFailure(.outputRefused, "/run/a.token is a mount point")
        for outputs in [
            [try output(token, isAsConfigured: false)], [try output(token, refusal: refusal)],
            [try output(token), try output(Sample.jwt(left: 20_001))],
        ] {
            let finding = rule().finding(on: Sample.brand(), outputs: outputs)
            #expect(finding.state == .warning)
            #expect(!finding.sentence.isEmpty)
        }
    }

    @Test func `a token of another brand is critical`() throws {
        let foreign = try output(Sample.jwt(left: 20_000, clientID: "BRN-OTHER"))
        #expect(rule().finding(on: Sample.brand(), outputs: [foreign]).state == .critical)
    }

    @Test func `a token without an expiry time expires by the age of its file`() throws {
        let opaque = try output("opaque", age: 600)
        #expect(rule().finding(on: Sample.brand(), outputs: [opaque]).state == .unknown)
        let brand = Sample.brand(validTime: .seconds(21_600))
        #expect(rule().finding(on: brand, outputs: [opaque]).remaining == .seconds(21_000))
        #expect(rule().finding(on: brand, outputs: [try output("opaque", age: 21_601)]).state == .critical)
    }

    // MARK: The whole check

    private func finding(_ brand: String, _ state: TokenCheck.State, left: Int64? = 100) -> TokenCheck.Finding {
        TokenCheck.Finding(
            brand: brand, state: state, sentence: state == .ok ? "" : "why | \(brand)",
            remaining: left.map { .seconds($0) }, warning: .seconds(60), critical: .seconds(30))
    }

    @Test(arguments: [
        ([TokenCheck.State.ok], TokenCheck.State.ok), ([.ok, .unknown], .unknown), ([.unknown, .warning], .warning),
        ([.warning, .critical, .unknown], .critical), ([], .unknown),
    ])
    func `the check has the worst state of all brands`(states: [TokenCheck.State], whole: TokenCheck.State) {
        #expect(TokenCheck(findings: states.map { finding("a", $0) }).state == whole)
    }

    @Test func `the state is UNKNOWN if nothing can be checked`() {
        let check = TokenCheck(problem: "config.yaml:1:1: a | b")
        #expect(check.state == .unknown)
        #expect(check.text == "DOKU TOKENS UNKNOWN - config.yaml:1:1: a ! b\n")
    }

    /// The grammar of "Performance data" in the Monitoring Plugins Development Guidelines.
    private static var figure: Regex<AnyRegexOutput> {
        Regex(
            /'?[^'=\s]+'?=-?[0-9.]+(s|us|ms|%|B|KB|MB|TB|c)?(;(@?(~|-?[0-9.]*):?(-?[0-9.]+)?)?){0,2}(;-?[0-9.]*){0,2}/)
    }

    @Test(arguments: [1, 2, 50, 51, 10_000])
    func `the text follows the plugin format and a size limit`(count: Int) throws {
        let states: [TokenCheck.State] = [.ok, .warning, .critical, .unknown]
        let findings = (0..<count).map { finding("brand-\($0)", states[$0 % 4], left: $0 % 4 == 3 ? nil : Int64($0)) }
        let text = TokenCheck(findings: findings).text
        #expect(text.utf8.count < 8192)
        #expect(text.hasSuffix("\n"))
        let lines = text.split(separator: "\n")
        let halves = try #require(lines.first).split(separator: "|", omittingEmptySubsequences: false)
        try #require(halves.count == 2)
        #expect(halves[0].hasPrefix("DOKU TOKENS "))
        let figures = halves[1].split(separator: " ")
        for figure in figures { #expect(figure.wholeMatch(of: Self.figure) != nil, "\(figure)") }
        #expect(figures.first == "brands=\(count);;;0")
        #expect(figures.contains("remaining_brand-0=0s;60:;30:") == (count <= 50))
        for line in lines.dropFirst() { #expect(!line.contains("|")) }
        #expect(lines.count - 1 <= 51)
    }

    @Test func `the worst brand is in the first line`() {
        let check = TokenCheck(findings: [finding("a", .ok), finding("b", .warning), finding("c", .critical)])
        #expect(check.text.hasPrefix("DOKU TOKENS CRITICAL - 3 brands, 1 critical, 1 warning: c: why ! c|brands=3"))
    }
}
