// SPDX-License-Identifier: Apache-2.0

import Doctor
import Foundation
import Kubernetes
import Model
import Reporting
import Settings
import TestSupport
import Testing

/// What is written for people agrees with what the program does.
@Suite struct ReadmeTests {
    private static let readme = Repository.url("README.md")

    @Test("README lists every exit status with the code's own words")
    func readmeExitStatuses() throws {
        let rows = try Self.table("exit-status")
        #expect(rows.first == ["code", "meaning", "do"])
        #expect(
            Array(rows.dropFirst()) == ExitStatus.allCases.map { ["\($0.rawValue)", $0.meaning, $0.advice] })
    }

    @Test("README says what an exit status means for a dry run and for `validate`")
    func readmeDryExitStatuses() throws {
        let rows = try Self.table("exit-status-dry")
        #expect(rows.first == ["code", "`rotate --dry-run`", "`validate`"])
        var listed: [Model.ExitStatus] = []
        for row in rows.dropFirst() {
            for code in row[0].split(separator: ", ") {
                let status = try #require(Int32(code).flatMap(Model.ExitStatus.init))
                listed.append(status)
                #expect(row[1] == status.meaning(of: .plan))
                #expect(row[2] == "–" || row[2] == status.meaning(of: .configuration))
            }
        }
        for status in Model.ExitStatus.allCases where !listed.contains(status) {
            #expect(status.meaning(of: .plan) == status.meaning)
            #expect(status.meaning(of: .configuration) == status.meaning)
        }
    }

    @Test("README lists every code of a failure")
    func readmeCodes() throws {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let section = try #require(text.section("codes"))
        let missing = (BrandFailure.Code.all + BrandFailure.Code.kubernetes).map(\.text).filter {
            !section.contains("`\($0)`")
        }
        #expect(missing.isEmpty)
    }

    @Test("README lists every key of the configuration's top level, and no other")
    func readmeKeys() throws {
        let rows = try Self.table("keys")
        #expect(rows.first == ["key", "default", "meaning"])
        let keys = rows.dropFirst().map { $0[0].trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
        #expect(keys.sorted() == ConfigurationSection.configuration.keys.sorted())
        for (key, section) in [("brands", ConfigurationSection.brand), ("snippets", .snippet), ("hooks", .hook)] {
            let row = try #require(rows.first { $0[0] == "`\(key)`" })
            for key in section.keys { #expect(row[2].contains("`\(key)`")) }
        }
    }

    @Test("README's configuration is one that the program reads")
    func readmeConfiguration() throws {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let start = try #require(text.range(of: "```yaml\n"))
        let end = try #require(text[start.upperBound...].range(of: "```"))
        let configuration = try ConfigurationReader.read(
            Array(text[start.upperBound..<end.lowerBound].utf8), file: "/etc/config.yaml", isPrivate: true)
        #expect(configuration.brands.count == 2)
        #expect(configuration.snippets.count == 1)
    }

    @Test("`--help` lists every exit status", arguments: [["--help"], ["rotate", "--help"]])
    func help(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let ending = try directory.run(BuiltProgram.rotator, arguments)
        #expect(ending.status == 0)
        #expect(ending.standardError.isEmpty)
        // The help is wrapped at the terminal's width.
        let said = String(decoding: ending.standardOutput, as: UTF8.self).split { $0.isWhitespace }
            .joined(separator: " ")
        for status in ExitStatus.allCases {
            #expect(said.contains("\(status.rawValue) \(status.meaning) (\(status.advice))"), "\(status.rawValue)")
        }
    }

    /// The cells of the table between two markers, without the line below its head.
    private static func table(_ marker: String) throws -> [[String]] {
        let text = try String(contentsOf: readme, encoding: .utf8)
        let section = try #require(text.section(marker))
        return section.split(separator: "\n").filter { $0.hasPrefix("|") && !$0.hasPrefix("|--") }.map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}

extension String {
    /// What stands between `<!-- marker -->` and `<!-- /marker -->`.
    fileprivate func section(_ marker: String) -> Substring? {
        guard let start = range(of: "<!-- \(marker) -->"),
            let end = self[start.upperBound...].range(of: "<!-- /\(marker) -->")
        else { return nil }
        return self[start.upperBound..<end.lowerBound]
    }
}
