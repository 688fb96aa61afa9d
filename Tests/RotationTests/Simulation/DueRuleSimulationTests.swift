// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Settings
import TestSupport
import Testing

/// No token expires avoidably: the program's own renewal policy, retry policy and configuration reader keep the
/// contract in virtual time.
///
/// The expiry of a token was avoidable if one of these is true:
/// - The run after the last successful one started in time and got a token before its deadline. In time means at most
///   `run_every` + 1 minute later. The minute covers delays of the scheduler and clock errors.
/// - The last successful run did not renew it, and a new token came within the renewal threshold.
///   The program must survive outages and missed runs of that length.
/// - It would not have expired without the run's delay.
///
/// Longer outages and more missed runs are not the program's fault. The next run that gets a token recovers.
@Suite struct DueRuleSimulationTests {
    private static let cases =
        ProcessInfo.processInfo.environment["DOKU_TEST_SCALE"] == "release" ? 200_000 : 15_000
    private static let runs = 24

    private struct Whole {
        var histories = 0
        var refused = 0
        var tally = SimulatedHistory.Tally()
        /// The seeds of histories in which a token expired avoidably.
        var wrongedSeeds: [UInt64] = []
    }

    /// Simulates the histories of these seeds, except those whose configuration is rejected.
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

    /// Checks that the configuration was rejected for a reason: its token, renewed by every run, would expire before a
    /// late and slow next run ends. Also checks that the message shows the sum.
    private func expectReason(_ error: InvalidConfiguration, _ setting: SimulatedSetting) {
        #expect(setting.lifetime <= setting.needed, "\(error)")
        let sum = DurationText.render(.seconds(setting.needed))
        #expect(error.problems.map(\.message).joined().contains(" = \(sum)"), "\(error)")
        let issued = Int64(0)
        let nextStart = issued + setting.runEvery + 60
        let published = nextStart + setting.splay + setting.deadline
        #expect(issued + setting.lifetime <= published)
    }

    @Test func `no token expires avoidably`() throws {
        let whole = try play(0..<UInt64(Self.cases))
        let tally = whole.tally
        #expect(whole.wrongedSeeds.isEmpty, "seeds \(whole.wrongedSeeds.prefix(10))")
        #expect(whole.histories + whole.refused == Self.cases)
        print(
            "scoreboard: due rule under simulation: \(whole.histories) cases, "
                + "\(tally.wronged) tokens expired avoidably")
        print(
            "due rule under simulation: \(whole.refused) more configurations refused; \(tally.renewals) renewals, "
                + "\(tally.freshRuns) runs with nothing due, \(tally.delays) delays, \(tally.missed) starts missed, "
                + "\(tally.excused) tokens expired unavoidably")
        // The simulation covered every kind of event.
        #expect(whole.histories >= 10_000)
        for count in [tally.renewals, tally.freshRuns, tally.delays, tally.missed, tally.excused, whole.refused] {
            #expect(count > 100)
        }
    }

    /// The simulation detects a broken rule.
    @Test(arguments: RuleUnderTest.broken)
    func `a rule that lacks a part lets tokens expire`(rule: RuleUnderTest) throws {
        let whole = try play(0..<3000, rule)
        print("due rule under simulation, \(rule.testDescription): \(whole.tally.wronged) tokens expired avoidably")
        #expect(whole.tally.wronged > 0)
    }
}
