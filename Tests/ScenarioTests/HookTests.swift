// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Hooks, from the configuration to what they are told, run by the real program.
@Suite struct HookTests {
    static let prefix = "hook-"

    @Test func `each hook is delivered, or owed, as its scenario promises`() throws {
        let names = Scenarios.all.filter { $0.hasPrefix(Self.prefix) }
        guard Scenarios.all.count > 1 || !names.isEmpty else { return }
        var scoreboard = Scoreboard("hooks", kinds: ["wrong outcomes"])
        defer { scoreboard.report() }
        for name in names {
            let verdict = Verdict(ofScenario: name)
            // Each run whose exit status is promised is a case.
            scoreboard.cases += try Scenarios.steps(of: name).count { $0.verb == "exit" }
            if case .broken = verdict { scoreboard.count("wrong outcomes") }
            if case .skipped = verdict { continue }
            try verdict.record(of: name)
        }
        #expect(names.count >= 15 || Scenarios.all.count == 1)
    }
}
