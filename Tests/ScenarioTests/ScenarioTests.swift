// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Each folder of `Scenarios` is run against the programs as they were built.
@Suite struct ScenarioTests {
    static let scenarios = Repository.url("Tests/ScenarioTests/Scenarios")

    /// Several scenarios at a time, since most of a scenario is waiting; each lane blocks while it waits.
    private static let lanes = (0..<3).map { DispatchQueue(label: "scenarios \($0)") }

    static let names: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: scenarios.path)) ?? []
        // One alone, for whoever writes it.
        let only = ProcessInfo.processInfo.environment["DOKU_TEST_SCENARIO"]
        return entries.filter { !$0.hasPrefix(".") && $0 == only ?? $0 }.sorted()
    }()

    /// Those of the hooks have a line of their own on the scoreboard.
    private static let ownNames = names.filter { !$0.hasPrefix(HookTests.prefix) }

    @Test("there are scenarios")
    func exist() {
        #expect(Self.names.count > 10 || ProcessInfo.processInfo.environment["DOKU_TEST_SCENARIO"] != nil)
    }

    @Test("the programs keep what the scenario promises", arguments: ownNames)
    func scenario(name: String) async throws {
        let lane = Self.lanes[(Self.names.firstIndex(of: name) ?? 0) % Self.lanes.count]
        let verdict = await withCheckedContinuation { continuation in
            lane.async { continuation.resume(returning: Verdict(ofScenario: name)) }
        }
        if case .skipped(let why) = verdict { try Test.cancel("skipped: \(why)") }
        verdict.record(of: name)
    }
}

/// What came of a scenario.
enum Verdict: Sendable {
    case kept
    case skipped(String)
    case broken(line: Int, String)

    init(ofScenario name: String) {
        self.init(of: ScenarioTests.scenarios.appending(path: name))
    }

    /// Makes an issue of a broken promise, at its line of the scenario.
    func record(of name: String) {
        guard case .broken(let line, let what) = self else { return }
        Issue.record(
            "\(name), line \(line): \(what)",
            sourceLocation: SourceLocation(
                fileID: "ScenarioTests/\(name)",
                filePath: ScenarioTests.scenarios.appending(path: "\(name)/scenario").path, line: max(line, 1),
                column: 1))
    }

    init(of folder: URL) {
        var line = 0
        do {
            let text = try String(contentsOf: folder.appending(path: "scenario"), encoding: .utf8)
            let scenario = try ScenarioFile(text)
            guard scenario.steps.contains(where: { ScenarioRun.assertions.contains($0.verb) }) else {
                throw TestFailure("nothing is checked")
            }
            var folders = [folder]
            for step in scenario.steps {
                line = step.line
                if step.verb == "like" {
                    folders.insert(folder.deletingLastPathComponent().appending(path: step.rest), at: 0)
                } else if step.verb == "require", let obstacle = try Self.obstacle(step.rest) {
                    self = .skipped(obstacle)
                    return
                }
            }
            let run = try ScenarioRun(folders: folders)
            defer { run.cleanUp() }
            for step in scenario.steps {
                line = step.line
                do {
                    try run.perform(step)
                } catch {
                    self = .broken(line: line, Self.report(error, step, run))
                    return
                }
            }
            self = .kept
        } catch {
            self = .broken(line: line, "\(error)")
        }
    }

    /// Why the scenario cannot be run here, if so.
    private static func obstacle(_ requirement: String) throws -> String? {
        switch requirement {
        case "root": return geteuid() == 0 ? nil : "it needs root"
        case "mounts": return Host.mayMount ? nil : "it needs the right to mount"
        default: throw TestFailure("unknown requirement \(requirement)")
        }
    }

    private static func report(_ error: any Error, _ step: Step, _ run: ScenarioRun) -> String {
        let row = step.row.isEmpty ? "" : " \(step.row.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })"
        var text = "\(step.verb) \(step.rest)\(row): \(error)"
        if let last = run.last {
            text += "\nthe last run ended with \(last.status) and said:\n"
            text += String(decoding: (last.standardOutput + last.standardError).prefix(4000), as: UTF8.self)
        }
        return text
    }
}
