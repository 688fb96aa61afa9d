// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Settings
import TestSupport
import Testing

@testable import TokenRotation

/// No token dies that could have been kept alive: the program's own due rule, retry policy and configuration reader in
/// virtual time, against what the contract promises.
///
/// A token could have been kept alive where
/// - the run after the last good one started at most `run_every` + 1 minute later, and was given a token before its
///   deadline (however many attempts that took); the minute is for the scheduler, and what the clock is wrong by counts
///   against it; or
/// - the last good run left it alone, and a token came sooner after that run than the threshold up to which tokens are
///   renewed: so long an outage, or so many missed runs, is survived; or
/// - it would have lived had the run not delayed its request.
///
/// Where runs were missed for longer, or DOKU gave nothing for longer, nobody could; the next run that is given a token
/// heals it.
@Suite struct DueRuleSimulationTests {
    private static let cases =
        ProcessInfo.processInfo.environment["DOKU_TEST_SCALE"] == "release" ? 200_000 : 15_000
    private static let runs = 24

    private struct Whole {
        var histories = 0
        var refused = 0
        var tally = SimulatedHistory.Tally()
        /// The seeds of histories in which a token died that could have lived.
        var wrongedSeeds: [UInt64] = []
    }

    /// Plays the histories of these seeds, as far as the reader takes their configuration.
    private func play(_ seeds: Range<UInt64>, _ rule: RuleUnderTest = .real) throws -> Whole {
        var whole = Whole()
        for seed in seeds {
            var random = SeededGenerator(seed: seed)
            let setting = SimulatedSetting(using: &random)
            let configuration: Configuration
            do throws(InvalidConfiguration) {
                configuration = try ConfigurationReader.read(
                    Array(setting.configurationText.utf8), file: "config.yaml", isPrivate: false)
            } catch {
                whole.refused += 1
                expectReason(error, setting)
                continue
            }
            #expect(setting.lifetime > setting.needed, "seed \(seed): accepted, but cannot work")
            var history = SimulatedHistory(setting, configuration, rule, random: random)
            let tally = try history.play(runs: Self.runs)
            whole.histories += 1
            whole.tally.wronged += tally.wronged
            whole.tally.excused += tally.excused
            whole.tally.renewals += tally.renewals
            whole.tally.freshRuns += tally.freshRuns
            whole.tally.delays += tally.delays
            whole.tally.missed += tally.missed
            if tally.wronged > 0 { whole.wrongedSeeds.append(seed) }
        }
        return whole
    }

    /// A configuration is refused only where its token, renewed by every run, would die before a late next one that
    /// takes its whole time; and the message shows the sum.
    private func expectReason(_ error: InvalidConfiguration, _ setting: SimulatedSetting) {
        #expect(setting.lifetime <= setting.needed, "\(error)")
        let sum = DurationText.render(.seconds(setting.needed))
        #expect(error.problems.map(\.message).joined().contains(" = \(sum)"), "\(error)")
        let issued = Int64(0)
        let nextStart = issued + setting.runEvery + 60
        let published = nextStart + setting.splay + setting.deadline
        #expect(issued + setting.lifetime <= published)
    }

    @Test func `no token dies that could have been kept alive`() throws {
        let whole = try play(0..<UInt64(Self.cases))
        let tally = whole.tally
        #expect(whole.wrongedSeeds.isEmpty, "seeds \(whole.wrongedSeeds.prefix(10))")
        #expect(whole.histories + whole.refused == Self.cases)
        print(
            "scoreboard: due rule under simulation: \(whole.histories) cases, "
                + "\(tally.wronged) tokens died that could have lived")
        print(
            "due rule under simulation: \(whole.refused) more configurations refused; \(tally.renewals) renewals, "
                + "\(tally.freshRuns) runs with nothing due, \(tally.delays) delays, \(tally.missed) starts missed, "
                + "\(tally.excused) tokens died that nobody could keep")
        // What is to be seen was there to be seen.
        #expect(whole.histories >= 10_000)
        for count in [tally.renewals, tally.freshRuns, tally.delays, tally.missed, tally.excused, whole.refused] {
            #expect(count > 100)
        }
    }

    /// The simulation sees what it is there to see.
    @Test(arguments: RuleUnderTest.broken)
    func `a rule that lacks a part lets tokens die`(rule: RuleUnderTest) throws {
        let whole = try play(0..<3000, rule)
        print("due rule under simulation, \(rule.testDescription): \(whole.tally.wronged) tokens died")
        #expect(whole.tally.wronged > 0)
    }
}
