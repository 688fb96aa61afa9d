// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What the world does to a run between a token and the hook that is for it.
@Suite struct HookFaultTests {
    /// The hook takes the token over as whoever it is for would: what was seen is what was delivered.
    private static func addHook(to stage: FaultStage) throws {
        try stage.makeDirectory("state")
        let configuration = try String(contentsOfFile: stage.directory.path("config.yaml"), encoding: .utf8)
        try stage.directory.write(
            configuration + """

                state_dir: state
                hooks: [{ name: take, run: [sh, -c, "cp tokens/kopi taking; mv taking taken"] }]

                """, to: "config.yaml")
    }

    @Test func `a kill at any system call leaves no token that its hook does not hear of`() throws {
        let suite = "hooks: kill at every system call"
        guard geteuid() == 0 else { return Scoreboard.skipped(suite, "it needs root") }
        let root = try TemporaryDirectory()
        let walker = try Tool.build("Walker/walker.c", as: "walker", [], in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url)
        try Self.addHook(to: stage)
        try stage.publish()
        let taken = stage.directory.url.appending(path: "taken")
        // From the journal's temporary file on, or from the configuration on.
        let trigger = TestScale.isRelease ? "config.yaml" : ".hooks-"
        var scoreboard = Scoreboard(suite, kinds: ["lost hooks", "wrong exit codes", "leftovers"])
        defer { scoreboard.report() }
        var between = 0
        walk: for number in 1...5000 {
            let ending = try stage.run(before: [walker, trigger, "\(number)"])
            switch ending.status {
            case 0: break walk
            case 77: return Scoreboard.skipped(suite, "this host does not let processes be traced")
            case 137: break
            default:
                scoreboard.count("wrong exit codes")
                Issue.record("killed at call \(number), it ends with \(ending.status)")
            }
            scoreboard.cases += 1
            if try Data(contentsOf: taken) != stage.contents { between += 1 }
            let next = try stage.run([])
            if try next.status != 0 || Data(contentsOf: taken) != stage.contents {
                scoreboard.count("lost hooks")
                Issue.record("killed at call \(number): the next run ends with \(next.status), the hook heard nothing")
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: stage.directory.path("state"))
            if left.count != 1 {
                scoreboard.count("leftovers")
                Issue.record("killed at call \(number), left: \(left)")
            }
        }
        // A walk that never came between the token and its hook has missed what it is for.
        #expect(between > 5)
        #expect(scoreboard.cases > 50)
    }

    @Test func `where the configuration cannot be locked, a file in state_dir is`() throws {
        let root = try TemporaryDirectory()
        let injector = try Injector(in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url)
        var scoreboard = Scoreboard("hooks: lock in state_dir", kinds: ["wrong outcomes"])
        defer { scoreboard.report() }
        func expect(_ ending: ChildProcess.Ending, _ status: Int32, _ says: String, _ name: String) {
            scoreboard.cases += 1
            let report = FaultReport(ending.standardOutput)
            let isSaid = says.isEmpty || report.message.contains(says)
            guard ending.status != status || !isSaid || !injector.hasApplied else { return }
            scoreboard.count("wrong outcomes")
            Issue.record("\(name): it ends with \(ending.status): \(report.message)")
        }
        for error in [ENOLCK, EBADF, EOPNOTSUPP] {
            let refused = injector.environment(["flock *config.yaml 1 0 \(error)"])
            try stage.configure()
            injector.clear()
            expect(try stage.run(environment: refused), 78, "state_dir", "\(error) without state_dir")

            try Self.addHook(to: stage)
            injector.clear()
            expect(try stage.run(environment: refused), 0, "", "\(error) with state_dir")
            #expect(try Data(contentsOf: stage.directory.url.appending(path: "taken")) == stage.contents)
            let lock = try #require(
                try FileManager.default.contentsOfDirectory(atPath: stage.directory.path("state")).first {
                    $0.hasPrefix("lock-")
                })
            let mode = try FileManager.default.attributesOfItem(atPath: stage.directory.path("state/\(lock)"))
            #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o600)

            let before = stage.contents
            injector.clear()
            let held = try stage.run(before: ["flock", "state/\(lock)"], environment: refused)
            expect(held, 75, "another run holds the lock", "\(error), held")
            #expect(stage.contents == before)

            let both = injector.environment(["flock * 1 0 \(error)"])
            injector.clear()
            expect(try stage.run(environment: both), 78, "does not support locks", "\(error) in state_dir too")
            #expect(stage.contents == before)
        }
    }

    /// The journal cannot be written: the token is published all the same, and the report says what is lost.
    @Test func `no failure of the journal keeps a token from being published`() throws {
        let root = try TemporaryDirectory()
        let injector = try Injector(in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url)
        try Self.addHook(to: stage)
        try stage.publish()
        var scoreboard = Scoreboard("hooks: failures of the journal", kinds: ["wrong outcomes"])
        defer { scoreboard.report() }
        for rule in [
            "create *.hooks-*.tmp 1 0 \(ENOSPC)", "write *.hooks-*.tmp 1 0 \(EIO)", "fsync *.hooks-*.tmp 1 0 \(EIO)",
            "rename */hooks-*.json 1 0 \(EIO)", "fsync */state 1 0 \(EIO)", "fchmod *.hooks-*.tmp 1 0 \(EPERM)",
        ] {
            scoreboard.cases += 1
            let before = stage.contents
            injector.clear()
            let ending = try stage.run(environment: injector.environment([rule]))
            let taken = try Data(contentsOf: stage.directory.url.appending(path: "taken"))
            let said = String(decoding: ending.standardOutput, as: UTF8.self)
            let isRight =
                ending.status == 0 && injector.hasApplied && stage.contents != before && taken == stage.contents
                && said.contains("hooks: the journal cannot be written")
            let next = try stage.run([])
            if !isRight || next.status != 0 {
                scoreboard.count("wrong outcomes")
                Issue.record("\(rule): it ends with \(ending.status), then \(next.status): \(said)")
            }
        }
    }
}
