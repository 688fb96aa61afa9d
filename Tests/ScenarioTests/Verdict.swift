// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What came of a scenario.
enum Verdict: Sendable {
    case kept
    case skipped(String)
    case broken(line: Int, String)

    init(ofScenario name: String) {
        self.init(of: Scenarios.folder.appending(path: name))
    }

    /// Makes an issue of a broken promise, at its line of the scenario.
    /// - Throws: cancels the test if the scenario was skipped.
    func record(of name: String) throws {
        if case .skipped(let why) = self { try Test.cancel("skipped: \(why)") }
        guard case .broken(let line, let what) = self else { return }
        Issue.record(
            "\(name), line \(line): \(what)",
            sourceLocation: SourceLocation(
                fileID: "ScenarioTests/\(name)",
                filePath: Scenarios.folder.appending(path: "\(name)/scenario").path, line: max(line, 1),
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
