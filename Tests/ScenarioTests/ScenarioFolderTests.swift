// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The folders of `Scenarios`.
enum Scenarios {
    static let folder = Repository.url("Tests/ScenarioTests/Scenarios")
    private static let environment = ProcessInfo.processInfo.environment
    /// One scenario alone, for its author.
    static let only = environment["DOKU_TEST_SCENARIO"]

    static let all: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return entries.filter { !$0.hasPrefix(".") && $0 == only ?? $0 }.sorted()
    }()

    /// One scenario for each outcome and each exit status: what a change of the program usually breaks.
    static let quick = [
        "all-faults-at-once", "attributes-repaired", "check", "command-line", "dry-run", "hook-failing", "lock-held",
        "one-brand", "server-down", "short-lived", "stopped-by-sigint", "stopped-by-sigterm", "three-brands",
        "wrong-secret",
    ].filter(all.contains)

    /// The others, but for the hooks, which have a line of their own on the scoreboard. `DOKU_TEST_PART=1/3` takes the
    /// second third of them: processes that run at the same time share the work.
    static let others: [String] = {
        let names = all.filter { !quick.contains($0) && !$0.hasPrefix(HookTests.prefix) }
        let part = (environment["DOKU_TEST_PART"] ?? "").split(separator: "/").compactMap { Int($0) }
        guard part.count == 2, part[1] > 0 else { return names }
        return names.indices.filter { $0 % part[1] == part[0] }.map { names[$0] }
    }()

    static func steps(of name: String) throws -> [Step] {
        try ScenarioFile(String(contentsOf: folder.appending(path: "\(name)/scenario"), encoding: .utf8)).steps
    }
}

@Suite struct QuickScenarioTests {
    @Test("the programs keep what the scenario promises", arguments: Scenarios.quick)
    func scenario(name: String) throws { try Verdict(ofScenario: name).record(of: name) }

    @Test("the quick scenarios show each exit status and each outcome that any scenario shows")
    func coverage() throws {
        guard Scenarios.only == nil else { return }
        func shown(_ names: [String]) throws -> Set<String> {
            try names.reduce(into: []) { found, name in
                for step in try Scenarios.steps(of: name) where step.row.isEmpty {
                    // A negative one is a signal that the scenario sends.
                    if step.verb == "exit", !step.rest.hasPrefix("-") { found.insert("exit \(step.rest)") }
                    if let outcome = step.rest.firstMatch(of: /outcome == "[a-z-]+"/) {
                        found.insert("\(outcome.output)")
                    }
                }
            }
        }
        let missing = try shown(Scenarios.all).subtracting(shown(Scenarios.quick))
        #expect(missing.isEmpty)
    }
}

@Suite struct OtherScenarioTests {
    @Test("there are scenarios")
    func exist() {
        #expect(Scenarios.all.count > 10 || Scenarios.only != nil)
    }

    @Test("the programs keep what the scenario promises", arguments: Scenarios.others)
    func scenario(name: String) throws { try Verdict(ofScenario: name).record(of: name) }
}
