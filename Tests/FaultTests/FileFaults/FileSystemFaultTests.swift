// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Real file systems in every state that an operator meets, and the real program in them.
@Suite struct FileSystemFaultTests {
    @Test func `whatever the file system does, the old token stays or a whole new one comes, and the run says so`()
        throws
    {
        let root = try TemporaryDirectory()
        let injector = try Injector(in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        var scoreboard = Scoreboard("file-system faults")
        for fault in FileSystemFault.all {
            if fault.needs != .nothing, !Self.isMet(fault.needs) {
                Scoreboard.skipped("file-system faults: \(fault.name)", fault.needs.rawValue)
                continue
            }
            do {
                guard try check(fault, FaultStage(server: sandbox.url), injector) else {
                    Scoreboard.skipped("file-system faults: \(fault.name)", "this host cannot be brought to it")
                    continue
                }
            } catch let problem as FaultProblem {
                scoreboard.count(problem.kind)
                Issue.record("\(fault.name): \(problem)")
            }
            scoreboard.cases += 1
        }
        scoreboard.report()
        #expect(scoreboard.cases >= 40 || geteuid() != 0)
    }

    @Test func `with few descriptors the old token stays, and the run says what limit to raise`() throws {
        let root = try TemporaryDirectory()
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url)
        try stage.publish()
        var scoreboard = Scoreboard("descriptor limits", kinds: ["torn files", "wrong exit codes", "leftovers"])
        var ends: Set<Int32> = []
        // With fewer than five the runtime cannot start its threads' event loop, and no code of ours has run yet.
        for limit in 5...24 {
            let old = stage.contents
            let ending = try stage.run(before: ["prlimit", "--nofile=\(limit)"])
            let report = FaultReport(ending.standardOutput)
            scoreboard.cases += 1
            ends.insert(ending.status)
            let isNew = stage.contents != old
            let isTrue =
                switch ending.status {
                case 0: isNew
                // libcurl does not tell why there was no socket.
                case 10: !isNew && report.code == "not-connected"
                case 20, 22, 78: !isNew && report.message.lowercased().contains("too many open files")
                default: false
                }
            if !isTrue || report.exitCode != ending.status {
                scoreboard.count("wrong exit codes")
                Issue.record(
                    "\(limit) descriptors: exit \(ending.status), token \(isNew ? "new" : "old"): \(report.message)")
            }
            if stage.contents.map({ ReadToken.isWhole($0) }) != true { scoreboard.count("torn files") }
            scoreboard.count("leftovers", stage.temporaries.count)
        }
        scoreboard.report()
        #expect(ends.isSuperset(of: [0, 20, 78]))
    }

    private static func isMet(_ need: FileSystemFault.Need) -> Bool {
        geteuid() == 0 && (need != .mounts || Host.mayMount)
    }

    /// - Returns: false where the state cannot be made here.
    private func check(_ fault: FileSystemFault, _ stage: FaultStage, _ injector: Injector) throws -> Bool {
        let file = stage.directory.url.appending(path: fault.file)
        try stage.publish()
        // The keys of the output matter to the run under test only.
        try stage.configure(output: fault.output)
        let old = stage.contents
        try stage.shell("cp -p tokens/kopi kept.token")
        defer { _ = try? stage.shell(fault.undo) }
        let setUp = try stage.shell(fault.setUp)
        if setUp.status == 77 { return false }
        guard setUp.status == 0 else {
            throw FaultProblem("broken cases", "setting up: \(String(decoding: setUp.standardError, as: UTF8.self))")
        }

        let ending = try run(fault, stage, injector)
        let report = FaultReport(ending.standardOutput)
        guard ending.status == fault.exit, report.exitCode == fault.exit else {
            throw FaultProblem(
                "wrong exit codes",
                "exit \(ending.status), not \(fault.exit): \(report.message)"
                    + String(decoding: ending.standardError, as: UTF8.self))
        }
        let messageIsRight = report.code == fault.code && fault.says.allSatisfy(report.message.contains)
        guard messageIsRight else {
            throw FaultProblem("wrong messages", "code \(report.code ?? "none"), message: \(report.message)")
        }
        let facts = FileFacts(file)
        switch fault.outcome {
        case .kept:
            guard facts.contents == old else { throw FaultProblem("torn files", "the old token is not what it was") }
        case .replaced:
            guard facts.kind == .typeRegular, let new = facts.contents, new != old, ReadToken.isWhole(new) else {
                throw FaultProblem("torn files", "no new token is there")
            }
            guard facts.mode == 0o640 else { throw FaultProblem("wrong modes", String(facts.mode, radix: 8)) }
        case .refused: break
        }
        let holds = try stage.shell(fault.holds)
        guard holds.status == 0 else {
            throw FaultProblem(
                "torn files", "\(fault.holds) does not hold: \(try stage.shell("ls -lA . tokens").standardOutput)")
        }
        guard fault.mayLeave || stage.temporaries.isEmpty else {
            throw FaultProblem("leftovers", "left behind: \(stage.temporaries)")
        }
        try stage.checkNoLeak(ending, [old, facts.contents])
        try heal(fault, stage)
        return true
    }

    private func run(_ fault: FileSystemFault, _ stage: FaultStage, _ injector: Injector) throws -> ChildProcess.Ending
    {
        guard let meanwhile = fault.meanwhile else { return try stage.run(before: fault.before) }
        let process = try stage.start(environment: injector.environment(["rename */tokens/kopi 1 1 stop"]))
        try waitUntil(30, for: "the rename") { Processes.isStopped(process.identifier) || !process.isRunning }
        let said = try stage.shell(meanwhile)
        kill(process.identifier, SIGCONT)
        let ending = try process.ending(within: 60)
        guard said.status == 0 else {
            throw FaultProblem("broken cases", "meanwhile: \(String(decoding: said.standardError, as: UTF8.self))")
        }
        return ending
    }

    /// Once the trouble is over, the next run is well and leaves nothing.
    private func heal(_ fault: FileSystemFault, _ stage: FaultStage) throws {
        let said = try stage.shell(fault.undo)
        try stage.configure()
        let next = try stage.run([])
        guard next.status == 0, stage.temporaries.isEmpty, let token = stage.contents, ReadToken.isWhole(token) else {
            throw FaultProblem(
                "leftovers",
                "the next run ends with \(next.status), left: \(stage.temporaries): "
                    + FaultReport(next.standardOutput).message + String(decoding: said.standardError, as: UTF8.self))
        }
    }
}

enum Processes {
    /// Whether a process was stopped by a signal.
    static func isStopped(_ identifier: Int32) -> Bool {
        // The name stands in brackets and may hold anything (proc_pid_stat(5)).
        let text = (try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last?.hasPrefix(" T") == true
    }
}
