// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The workflows of the repository's host.
@Suite struct WorkflowTests {
    private static let directory = Repository.url(".github/workflows")

    private static var files: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted().map {
                directory.appending(path: $0).path
            }
        }
    }

    @Test func `actionlint finds nothing wrong`() throws {
        let directory = try TemporaryDirectory()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = try directory.run("/bin/sh", ["-c", "command -v actionlint"], environment: ["PATH": path])
        // No package of Debian has it.
        if found.status != 0 { try Test.cancel("no actionlint") }
        let ending = try directory.run("actionlint", ["-no-color"] + Self.files, environment: ["PATH": path])
        #expect(ending.status == 0, "\(String(decoding: ending.standardOutput, as: UTF8.self))")
    }

    @Test func `a push is tested and a tag is released, by targets of the Makefile`() throws {
        let read = """
            import json, sys, yaml
            print(json.dumps([yaml.safe_load(open(path, encoding="utf-8")) for path in sys.argv[1:]], default=str))
            """
        let directory = try TemporaryDirectory()
        let parsed = try directory.run(Host.python, ["-c", read] + Self.files)
        let workflows = try #require(
            JSONSerialization.jsonObject(with: parsed.standardOutput) as? [[String: Any]])
        let makefile = try String(contentsOf: Repository.url("Makefile"), encoding: .utf8)
        var made: [String] = []
        for workflow in workflows {
            // YAML 1.1 reads the key `on` as a truth.
            let events = try #require(workflow["true"] as? [String: Any])
            let isForTags = (events["push"] as? [String: Any])?["tags"] != nil
            for case let job as [String: Any] in try #require(workflow["jobs"] as? [String: Any]).values {
                #expect(job["runs-on"] != nil)
                #expect(job["timeout-minutes"] != nil)
                let matrix = (job["strategy"] as? [String: Any])?["matrix"] as? [String: Any]
                let targets = (matrix?["include"] as? [[String: Any]] ?? []).compactMap { $0["target"] as? String }
                for step in try #require(job["steps"] as? [[String: Any]]) {
                    guard let command = step["run"] as? String, command.hasPrefix("make ") else { continue }
                    let named = command.contains("matrix.target") ? targets : [String(command.dropFirst(5))]
                    made += named.map { "\(isForTags ? "tag" : "push"): \($0)" }
                    for target in named { #expect(makefile.contains("\n\(target):"), "\(target)") }
                }
            }
        }
        #expect(made.sorted() == ["push: test", "push: verify", "tag: dist"])
    }
}
