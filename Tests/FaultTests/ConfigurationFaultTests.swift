// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Every bad configuration of the corpus, and those that no text file of a repository can be, before the real program.
/// What exactly is said of each is tested where the reader is.
@Suite struct ConfigurationFaultTests {
    private struct Fault {
        let name: String
        /// Puts it at a path.
        let make: @Sendable (String) throws -> Void
        /// Whether the trouble has a line and a column, or is the file itself.
        var hasPlace = true
        var file = "config.yaml"
    }

    private struct Report: Decodable {
        struct Problem: Decodable {
            let message: String
            let file: String
            let line: Int?
            let column: Int?
        }

        let exit_code: Int32
        let problems: [Problem]
        let brands: [String]
    }

    private static let corpus = Repository.url("Tests/ConfigurationCorpus/bad")

    @Test func `whatever is wrong with a configuration, the run ends in 78 with a place and without a secret`() throws {
        let directory = try TemporaryDirectory()
        var scoreboard = Scoreboard(
            "configuration faults", kinds: ["wrong exit codes", "problems without a place", "leaked secrets"])
        let faults = try Self.fromCorpus() + Self.files
        for fault in faults {
            scoreboard.cases += 1
            do {
                try check(fault, in: directory)
            } catch let problem as FaultProblem {
                scoreboard.count(problem.kind)
                Issue.record("\(fault.name): \(problem)")
            }
        }
        scoreboard.report()
        #expect(scoreboard.cases >= 249)
    }

    private func check(_ fault: Fault, in directory: TemporaryDirectory) throws {
        try? FileManager.default.removeItem(atPath: directory.path(fault.file))
        try fault.make(directory.path(fault.file))
        for arguments in [["rotate", "--output", "json"], ["validate"]] {
            let ending = try directory.run(BuiltProgram.rotator, arguments + ["--config", fault.file])
            let printed = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
            guard ending.status == 78 else { throw FaultProblem("wrong exit codes", "\(ending.status): \(printed)") }
            let problems: [String]
            if arguments[0] == "rotate" {
                let report = try? JSONDecoder().decode(Report.self, from: ending.standardOutput)
                guard let report, report.exit_code == 78, report.brands.isEmpty else {
                    throw FaultProblem("wrong exit codes", "the report does not say so: \(printed)")
                }
                problems = report.problems.map { problem in
                    let place = [problem.line, problem.column].compactMap { $0 }.map { "\($0):" }.joined()
                    return "\(problem.file):\(place) \(problem.message)"
                }
            } else {
                problems = printed.split(separator: "\n").map(String.init)
            }
            let place = fault.hasPlace ? "^:[1-9][0-9]*:[1-9][0-9]*: ." : "."
            guard let first = problems.first, let file = first.range(of: fault.file),
                first[file.upperBound...].range(of: place, options: .regularExpression) != nil
            else {
                throw FaultProblem("problems without a place", "\(arguments[0]): \(printed)")
            }
            // The corpus writes so wherever it has a secret.
            guard !printed.lowercased().contains("canary") else { throw FaultProblem("leaked secrets", printed) }
        }
    }

    private static func fromCorpus() throws -> [Fault] {
        try FileManager.default.contentsOfDirectory(atPath: corpus.path).filter { $0.hasSuffix(".yaml") }.sorted().map {
            name in
            let data = try Data(contentsOf: corpus.appending(path: name))
            let isPrivate = String(decoding: data, as: UTF8.self).contains("# private: yes\n")
            // One of them names itself as an output.
            return Fault(name: name, make: { try write(data, to: $0, mode: isPrivate ? 0o600 : 0o644) }, file: name)
        }
    }

    /// Nobody waits for any of them: a run that hangs is killed, and fails.
    private static let files: [Fault] = [
        Fault(name: "missing", make: { _ in }, hasPlace: false),
        Fault(name: "a directory", make: { _ = unsafe mkdir($0, 0o700) }, hasPlace: false),
        Fault(name: "a fifo that nobody writes", make: { _ = unsafe mkfifo($0, 0o600) }, hasPlace: false),
        Fault(
            name: "a link to itself",
            make: { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: $0) }, hasPlace: false),
        Fault(
            name: "a device",
            make: { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/dev/zero") },
            hasPlace: false),
        Fault(
            name: "UTF-16",
            make: { try write(Data("endpoint: test\n".utf16.flatMap { [UInt8($0 & 0xff), 0] }), to: $0) }),
        Fault(name: "NUL", make: { try write(Data("endpoint: te\0st\n".utf8), to: $0) }),
        Fault(name: "no UTF-8", make: { try write(Data("endpoint: ".utf8) + [0xff, 0xfe, 0x0a], to: $0) }),
        Fault(name: "1 MiB of [", make: { try write(Data(repeating: 0x5b, count: 1 << 20), to: $0) }),
        Fault(name: "1 MiB of {", make: { try write(Data(repeating: 0x7b, count: 1 << 20), to: $0) }),
        Fault(
            name: "5 MiB", make: { try write(Data(repeating: 0x23, count: 5 << 20), to: $0) }, hasPlace: false),
    ]

    private static func write(_ data: Data, to path: String, mode: Int = 0o644) throws {
        try data.write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
