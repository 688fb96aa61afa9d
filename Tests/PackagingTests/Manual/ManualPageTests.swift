// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Settings
import TestSupport
import Testing

/// The manual pages as they are installed, read by the two formatters that hosts have.
@Suite struct ManualPageTests {
    private let installation: Installation

    init() throws { installation = try Installation() }

    @Test func `every command has a page with each option of its help, and no other`() throws {
        var scoreboard = Scoreboard("manual pages", kinds: ["wrong outcomes"])
        for command in try HelpText.all() {
            let text = try installation.text(of: installation.page(command))
            let options = try #require(text.sections["OPTIONS"], "\(command.words)")
            let told = Set(options.matches(of: #/(?m)^ {5}(-\S.*)$/#).flatMap(\.output.1.optionNames))
            scoreboard.cases += command.options.count
            scoreboard.count("wrong outcomes", told.symmetricDifference(command.options).count)
            #expect(told == command.options, "\(command.words)")
            #expect(!command.options.isEmpty)

            let synopsis = try #require(text.sections["SYNOPSIS"])
            #expect(synopsis.split { $0.isWhitespace }.starts(with: command.words.map { $0[...] }))
            let description = try #require(text.sections["DESCRIPTION"])
            for subcommand in command.subcommands {
                #expect(description.contains("\((command.words + [subcommand]).joined(separator: "-"))(1)"))
            }
        }
        scoreboard.report()
        #expect(scoreboard.cases >= 30)
    }

    @Test func `mandoc and groff have nothing to say against a page, and each page that one names is there`() throws {
        let pages = try installation.pages()
        // With the directory to look in, a reference to a page that is not there is told too.
        let linted = try installation.directory.start(
            "/usr/bin/mandoc", ["-Tlint", "-W", "style"] + pages.map(\.path),
            environment: ["MANPATH": installation.manual.path]
        ).ending()
        #expect(linted.status == 0)
        #expect(String(decoding: linted.standardOutput, as: UTF8.self) == "")
        for (page, device) in pages.flatMap({ page in ["ascii", "utf8", "ps"].map { (page, $0) } }) {
            let formatted = try installation.directory.run(
                "/usr/bin/groff", ["-mandoc", "-ww", "-T", device, page.path])
            #expect(formatted.status == 0)
            #expect(
                String(decoding: formatted.standardError, as: UTF8.self) == "", "\(page.lastPathComponent), \(device)")
            #expect(formatted.standardOutput.count > 1000)
        }
        let names = Set(pages.map(\.lastPathComponent))
        for page in pages {
            let source = try String(contentsOf: page, encoding: .utf8)
            let references = source.matches(of: #/\.(?:It )?Xr (\S+) (\d)/#).map { "\($0.output.1).\($0.output.2)" }
            #expect(!references.isEmpty)
            #expect(names.isSuperset(of: references), "\(page.lastPathComponent)")
            #expect(source.hasPrefix(".Dd November 25, 2026\n"), "the day of SOURCE_DATE_EPOCH")
        }
    }

    @Test func `every exit status stands in the program's page and in that of a run`() throws {
        let commands = try HelpText.all()
        let run = try #require(commands.first { $0.words.last == "rotate" })
        for command in [commands[0], run] {
            let text = try installation.text(of: installation.page(command))
            let section = try #require(text.sections["EXIT STATUS"])
            let words = section.split { $0.isWhitespace }.joined(separator: " ")
            for status in ExitStatus.allCases {
                #expect(words.contains("\(status.rawValue) \(status.meaning) (\(status.advice))"))
            }
        }
        for command in commands {
            let text = try installation.text(of: installation.page(command))
            #expect(text.sections["EXIT STATUS"]?.contains { $0.isNumber } == true, "\(command.words)")
        }
    }

    @Test func `ENVIRONMENT tells each variable that the sources read, and FILES where the configuration is`() throws {
        let sources = Repository.url("Sources")
        var read: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: sources.path) where name.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            read.formUnion(
                text.matches(of: #/EnvironmentVariable\.\w+\(\s*"([A-Za-z_]+)"/#).map { String($0.output.1) })
        }
        #expect(read.contains("DOKU_TOKEN_ROTATOR_CONFIG"))

        let root = try installation.text(of: installation.page(HelpText.all()[0]))
        let environment = try #require(root.sections["ENVIRONMENT"])
        // Behind a short name the text begins on its line.
        let told = Set(
            environment.matches(of: #/(?m)^ {5}([A-Za-z_]+(?:, [A-Za-z_]+)*)(?:$| {2})/#).flatMap {
                $0.output.1.split(separator: ", ").map(String.init)
            })
        // libcurl-env(3): it reads these itself.
        let library: Set = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        #expect(told == read.union(library), "Sources/manual-pages/Surroundings.swift has the list")

        for command in try HelpText.all() where command.options.contains("--config") {
            let text = try installation.text(of: installation.page(command))
            #expect(text.sections["ENVIRONMENT"]?.contains("DOKU_TOKEN_ROTATOR_CONFIG") == true)
            #expect(text.sections["FILES"]?.contains("/etc/doku-token-rotator/config.yaml") == true)
        }
        #expect(root.sections["FILES"]?.contains("/etc/doku-token-rotator/config.yaml") == true)
    }

    @Test func `the configuration's page has each key of each level, and the example as it is`() throws {
        let text = try installation.text(of: installation.manual.appending(path: "man5/doku-token-rotator.yaml.5"))
        let keys = try #require(text.sections["KEYS"])
        let levels = keys.split(separator: #/(?m)^ {3}(?=[A-Z])/#).map { level in
            Set(level.matches(of: #/(?m)^ {5}([a-z_]+): /#).map { String($0.output.1) })
        }.filter { !$0.isEmpty }
        for section in ConfigurationSection.allCases {
            #expect(levels.contains(Set(section.keys)), "\(section)")
        }
        #expect(levels.allSatisfy { level in ConfigurationSection.allCases.contains { Set($0.keys) == level } })

        let example = try String(
            contentsOf: Repository.url("config/example.yaml"), encoding: .utf8)
        let shown = try #require(text.sections["EXAMPLES"]).split(separator: "\n").map { String($0.dropFirst(5)) }
        #expect(
            shown == example.split(separator: "\n").map { String($0).replacing("…", with: "...") })
    }
}

extension String {
    /// The formatted page's parts by their titles.
    fileprivate var sections: [String: Substring] {
        var found: [String: Substring] = [:]
        let titles = matches(of: #/(?m)^([A-Z][A-Z ]+)$/#)
        for (title, next) in zip(titles, titles.dropFirst().map(\.range.lowerBound) + [endIndex]) {
            found[String(title.output.1)] = self[title.range.upperBound..<next]
        }
        return found
    }
}
