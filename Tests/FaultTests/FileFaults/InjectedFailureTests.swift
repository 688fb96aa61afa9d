// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Every call of a publication and around it fails, in every way that matters, in the real program.
@Suite struct InjectedFailureTests {
    private static let outputs = ["kopi", "second"]

    @Test func `a system call that fails leaves the old token or the new one, and a true exit status`() throws {
        let root = try TemporaryDirectory()
        let injector = try Injector(in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        // A group that the directory does not give. An ordinary user may have none.
        let group = FaultStage.otherGroup
        let owner = "mode: \"0640\", owner: \"\(geteuid())\", group: \"\(group ?? getegid())\""
        let stage = try FaultStage(
            server: sandbox.url, output: owner, outputs: ["{ file: tokens/second, format: raw, \(owner) }"])
        try stage.publish()
        var scoreboard = Scoreboard("injected system-call failures")
        for failure in InjectedFailure.all {
            if failure.setUp?.contains("setfacl") == true, !injector.hasAccessLists { continue }
            if group == nil, failure.rules.contains(where: { $0.hasPrefix("fchown") }) { continue }
            scoreboard.cases += 1
            do {
                try check(failure, stage, injector)
            } catch let problem as FaultProblem {
                scoreboard.count(problem.kind)
                Issue.record("\(failure.name): \(problem)")
                try stage.publish()
            }
        }
        scoreboard.report()
        #expect(scoreboard.cases >= 140)
    }

    private func check(_ failure: InjectedFailure, _ stage: FaultStage, _ injector: Injector) throws {
        func read(_ name: String) -> Data? {
            try? Data(contentsOf: stage.directory.url.appending(path: "tokens/\(name)"))
        }
        try stage.shell("setfacl -b tokens; \(failure.setUp ?? ":")")
        // A killed run's leftover, for the sweep.
        try stage.directory.write("left", to: "tokens/.kopi.00000000deadbeef.tmp")
        let before = Self.outputs.map(read)
        injector.clear()
        let ending = try stage.run(environment: injector.environment(failure.rules))
        let after = Self.outputs.map(read)
        guard injector.hasApplied else { throw FaultProblem("faults not injected", "no such call was made") }
        let report = FaultReport(ending.standardOutput)

        var concerned = Self.outputs.map { failure.target == nil || failure.target == $0 }
        let status: Int32
        switch failure.expectation {
        case .unnoticed:
            status = 0
            concerned = [false, false]
        case .kept(let exit, let code, let says):
            status = exit
            try Self.check(report, code, says)
        case .absent(let exit, let code, let says):
            status = exit
            try Self.check(report, code, says)
        case .published(let exit, let code, let says):
            status = exit
            concerned = [false, false]
            try Self.check(report, code, says)
        }
        guard ending.status == status, report.exitCode == status else {
            throw FaultProblem(
                "wrong exit codes",
                "exit \(ending.status), reported \(report.exitCode ?? -1), not \(status): \(report.message)")
        }
        for (index, name) in Self.outputs.enumerated() {
            if case .absent = failure.expectation, concerned[index] {
                guard after[index] == nil else { throw FaultProblem("wrong exit codes", "tokens/\(name) is there") }
                continue
            }
            guard let token = after[index], ReadToken.isWhole(token) else {
                throw FaultProblem("torn files", "tokens/\(name) holds no whole token")
            }
            guard (token == before[index]) == concerned[index] else {
                throw FaultProblem(
                    "wrong exit codes",
                    "tokens/\(name) \(concerned[index] ? "was replaced" : "is the old one"): \(report.message)")
            }
        }
        guard failure.mayLeave || stage.temporaries.isEmpty else {
            throw FaultProblem("leftovers", "left behind: \(stage.temporaries)")
        }
        try stage.checkNoLeak(ending, before + after)
        // Whatever it was, the next run is well and sweeps.
        let next = try stage.run([])
        guard next.status == 0, stage.temporaries.isEmpty else {
            throw FaultProblem("leftovers", "the next run ends with \(next.status), left: \(stage.temporaries)")
        }
    }

    /// - Parameter says: texts that the message must hold; with `|`, one of several.
    private static func check(_ report: FaultReport, _ code: String?, _ says: [String]) throws {
        guard report.code == code else {
            throw FaultProblem("wrong messages", "the code is \(report.code ?? "none"): \(report.message)")
        }
        for text in says where !text.split(separator: "|").contains(where: { report.message.contains($0) }) {
            throw FaultProblem("wrong messages", "it does not say \(text): \(report.message)")
        }
    }
}

/// The library that makes system calls fail, built for this run.
struct Injector {
    let hasAccessLists: Bool
    private let library: String
    private let log: String

    init(in directory: TemporaryDirectory) throws {
        log = directory.path("injected")
        library = try Tool.build("Injector/injector.c", as: "injector.so", ["-shared", "-fPIC", "-ldl"], in: directory)
        try directory.write("", to: "probe")
        hasAccessLists =
            try directory.run("/usr/bin/env", ["setfacl", "-m", "u:1:r", directory.path("probe")]).status == 0
    }

    func environment(_ rules: [String]) -> [String: String] {
        ["LD_PRELOAD": library, "INJECTOR_RULES": rules.joined(separator: "\n"), "INJECTOR_LOG": log]
    }

    /// Whether a rule applied to some call since ``clear()``.
    var hasApplied: Bool { ((try? Data(contentsOf: URL(filePath: log))) ?? Data()).isEmpty == false }
    func clear() { try? FileManager.default.removeItem(atPath: log) }
}

/// The suites' own small tools in C.
enum Tool {
    /// - Returns: the path of what was built.
    static func build(
        _ source: String, as name: String, _ flags: [String], in directory: TemporaryDirectory
    ) throws -> String {
        let file = Repository.path("Tests/FaultTests/FileFaults/\(source)")
        // The compiler of the Swift toolchain, wherever that is.
        let build = try directory.start(
            "/usr/bin/env",
            ["clang", "-O1", "-Wall", "-Wextra", "-Werror", file, "-o", directory.path(name)] + flags,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        ).ending(within: 60)
        guard build.status == 0 else {
            throw TestFailure("\(source) cannot be built: \(String(decoding: build.standardError, as: UTF8.self))")
        }
        return directory.path(name)
    }
}
