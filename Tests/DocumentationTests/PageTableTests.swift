// SPDX-License-Identifier: Apache-2.0

import Doctor
import Foundation
import Model
import Reporting
import Settings
import TestSupport
import Testing

/// The tables of the pages, and the help, agree with the code.
@Suite struct PageTableTests {
    @Test("The report's page lists every exit status with the code's own words")
    func exitStatuses() throws {
        let rows = try MarkdownPage.named("docs/report.md").table("exit-status")
        #expect(rows.first == ["code", "meaning", "do"])
        #expect(
            Array(rows.dropFirst()) == ExitStatus.allCases.map { ["\($0.rawValue)", $0.meaning, $0.advice] })
    }

    @Test("The report's page says what an exit status means for a dry run and for `validate`")
    func dryExitStatuses() throws {
        let rows = try MarkdownPage.named("docs/report.md").table("exit-status-dry")
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

    @Test("The configuration's page lists every key of the top level, and no other")
    func keys() throws {
        let rows = try MarkdownPage.named("docs/configuration.md").table("keys")
        #expect(rows.first == ["key", "default", "meaning"])
        let keys = rows.dropFirst().map { $0[0].trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
        #expect(keys.sorted() == ConfigurationSection.configuration.keys.sorted())
        for (key, section) in [("brands", ConfigurationSection.brand), ("snippets", .snippet), ("hooks", .hook)] {
            let row = try #require(rows.first { $0[0] == "`\(key)`" })
            for key in section.keys { #expect(row[2].contains("`\(key)`")) }
        }
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
}
