// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Hooks, from the configuration to what they are told, run by the real program.
@Suite struct HookTests {
    static let prefix = "hook-"

    @Test func `each hook is delivered, or owed, as its scenario promises`() throws {
        let names = ScenarioTests.names.filter { $0.hasPrefix(Self.prefix) }
        guard ScenarioTests.names.count > 1 || !names.isEmpty else { return }
        var scoreboard = Scoreboard("hooks", kinds: ["wrong outcomes"])
        defer { scoreboard.report() }
        for name in names {
            let verdict = Verdict(ofScenario: name)
            // Each run whose exit status is promised is a case.
            let text = try String(
                contentsOf: ScenarioTests.scenarios.appending(path: "\(name)/scenario"), encoding: .utf8)
            scoreboard.cases += try ScenarioFile(text).steps.count { $0.verb == "exit" }
            if case .broken = verdict { scoreboard.count("wrong outcomes") }
            verdict.record(of: name)
        }
        #expect(names.count >= 15 || ScenarioTests.names.count == 1)
    }
}
