// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Model
import TestSupport
import Testing

/// The pages' commands do what the pages say.
@Suite struct PageTests {
    /// Every page of the repository, and how many blocks of it the tests run at least.
    private static let covered = [
        "README.md": 2, "CHANGELOG.md": 0, "CONTRIBUTING.md": 0, "SUPPORT.md": 0, "SECURITY.md": 0,
        "Benchmarks/README.md": 0,
        "docs/architecture.md": 0, "docs/configuration.md": 2, "docs/cron.md": 2, "docs/hooks.md": 2,
        "docs/how-it-works.md": 0, "docs/kubernetes.md": 1, "docs/monitoring.md": 8, "docs/packages.md": 0,
        "docs/proof.md": 0, "docs/report.md": 1, "docs/security.md": 3, "docs/systemd.md": 4,
        "docs/troubleshooting.md": 12,
    ]

    @Test("Each block of commands prints what its page says", arguments: MarkdownPage.all)
    func commands(page: MarkdownPage) throws {
        let run = try PageRun(of: page)
        for problem in run.problems { Issue.record("\(problem)") }
        var scoreboard = Scoreboard("commands of \(page.name)", kinds: ["wrong"])
        scoreboard.cases = run.blockCount
        scoreboard.count("wrong", run.problems.count)
        scoreboard.report()
        for skipped in run.skipped { Scoreboard.skipped("commands", skipped) }
        let least = try #require(Self.covered[page.name], "\(page.name) must be listed in this test")
        #expect(page.blocks.count(where: \.isRunnable) >= least, "\(page.name) shows too little")
    }

    @Test("Every page is covered, and README and another page lead to each page of `docs`")
    func pages() throws {
        let pages = MarkdownPage.all
        #expect(pages.map(\.name).sorted() == Self.covered.keys.sorted())
        let readme = try #require(pages.first { $0.name == "README.md" })
        for page in pages where page.name.hasPrefix("docs/") {
            let file = page.name.split(separator: "/").last.map(String.init) ?? ""
            #expect(readme.links.contains { $0.hasPrefix(page.name) }, "\(page.name)")
            #expect(pages.contains { $0.name != "README.md" && $0.links.contains { $0.hasPrefix(file) } }, "\(file)")
        }
    }

    @Test("Every block says what it is, and README is short")
    func blocks() throws {
        for page in MarkdownPage.all {
            for block in page.blocks { #expect(!block.language.isEmpty, "\(page.name):\(block.line)") }
            #expect(!page.prose.contains { $0.hasPrefix("    $ ") }, "\(page.name): a command outside of a block")
        }
        let readme = try String(contentsOf: Repository.url("README.md"), encoding: .utf8)
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
    }

    @Test("Every link leads to a file that is there, and to a heading of it", arguments: MarkdownPage.all)
    func links(page: MarkdownPage) throws {
        let folder = URL(filePath: page.name, relativeTo: Repository.root).deletingLastPathComponent()
        for link in page.links where !link.hasPrefix("https://") {
            let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            let target = parts[0].isEmpty ? page : nil
            let file = folder.appending(path: parts[0]).standardizedFileURL
            #expect(target != nil || FileManager.default.fileExists(atPath: file.path), "\(page.name): \(link)")
            guard parts.count > 1 else { continue }
            let other = target ?? MarkdownPage.all.first { file.path.hasSuffix("/" + $0.name) }
            #expect(other?.anchors.contains(parts[1]) == true, "\(page.name): \(link)")
        }
    }

    @Test("Every block of commands says what it takes, and is one that a shell reads")
    func syntax() throws {
        let directory = try TemporaryDirectory()
        var count = 0
        for page in MarkdownPage.all {
            for block in page.blocks where block.language == "sh" {
                #expect(block.isMarked, "\(page.name):\(block.line)")
                try directory.write(block.text, to: "block")
                let read = try directory.run("/bin/bash", ["-n", directory.path("block")])
                let said = String(decoding: read.standardError, as: UTF8.self)
                #expect(read.status == 0 && said.isEmpty, "\(page.name):\(block.line): \(said)")
                count += 1
            }
        }
        #expect(count >= 50)
    }

    @Test("Every command and option of the program that a page names is one that its help names")
    func options() throws {
        let commands = Dictionary(uniqueKeysWithValues: try HelpText.all().map { ($0.words, $0.options) })
        var count = 0
        for page in MarkdownPage.all {
            for call in page.calls {
                count += 1
                guard let options = commands[["doku-token-rotator"] + call.command] else {
                    Issue.record("\(page.name): there is no command \(call.command)")
                    continue
                }
                // Without a command's name, a run is meant.
                let known = options.union(
                    call.command.isEmpty ? commands[["doku-token-rotator", "rotate"]] ?? [] : [])
                let unknown = call.options.filter { !known.contains($0) }
                #expect(unknown.isEmpty, "\(page.name): \(call.command)")
            }
        }
        #expect(count >= 40)
    }

    @Test("Troubleshooting has an entry for every code and every exit status, and for no other")
    func troubleshooting() throws {
        let page = try #require(MarkdownPage.all.first { $0.name == "docs/troubleshooting.md" })
        let entries = page.prose.compactMap { $0.wholeMatch(of: /### (.+)/)?.output.1 }
        let statuses = entries.compactMap { $0.wholeMatch(of: /Exit status ([\d, ]+\d|\d)(, and .*)?/)?.output.1 }
        let words = entries.filter { $0.wholeMatch(of: /[a-z, -]+/) != nil }
        #expect(
            Self.items(words).sorted() == (BrandFailure.Code.all + BrandFailure.Code.kubernetes).map(\.text).sorted())
        #expect(
            Self.items(statuses).compactMap(Int32.init).sorted() == ExitStatus.allCases.map(\.rawValue).sorted())
    }

    private static func items(_ entries: [Substring]) -> [String] {
        entries.flatMap { $0.split(separator: ", ").map(String.init) }
    }

    @Test("The tests and scenarios that the security page names are there")
    func proofs() throws {
        let page = try #require(MarkdownPage.all.first { $0.name == "docs/security.md" })
        let tests = Repository.url("Tests")
        let files = Set(
            try FileManager.default.subpathsOfDirectory(atPath: tests.path).map { URL(filePath: $0).lastPathComponent })
        let text = page.prose.joined(separator: " ").replacing(#/ +/#, with: " ")
        let scenarios = text.matches(of: /[Ss]cenarios? (`[a-z-]+`(?:, `[a-z-]+`)*)/).flatMap {
            $0.output.1.split { "`, ".contains($0) }
        }
        for name in scenarios {
            let file = tests.appending(path: "ScenarioTests/Scenarios/\(name)/scenario")
            #expect(FileManager.default.fileExists(atPath: file.path), "\(name)")
        }
        let suites = text.matches(of: /`([A-Za-z]+Tests)`/).map(\.output.1)
        for name in suites { #expect(files.contains("\(name)") || files.contains("\(name).swift"), "\(name)") }
        #expect(scenarios.count >= 12 && suites.count >= 10)
    }

    @Test("A page that promises what is not printed, or whose commands fail, is found out")
    func falsePages() throws {
        func problems(_ text: String) throws -> [String] {
            try PageRun(of: MarkdownPage(name: "page", text: text)).problems
        }
        let stage = "<!-- sh: . config/demo/stage -->\n\n"
        let good = "```sh try\ndoku-token-rotator validate\n```\n```text\nconfig.yaml: valid\n```\n"
        #expect(try problems(stage + good).isEmpty)
        #expect(try problems(stage + good.replacing(": valid\n```", with: ": invalid\n```")).count == 1)
        #expect(try problems(stage + good.replacing("validate\n", with: "validate; echo more\n")).count == 1)
        #expect(
            try problems(stage + good.replacing("config.yaml: valid\n", with: "config.yaml: valid\n…\nmore\n")).count
                == 1)
        #expect(try problems(stage + "```sh try\necho said\n```\n").count == 1, "what is not told must not be said")
        #expect(try problems(stage + "```sh try\nfalse\n```\n\n" + good).count == 1)
        #expect(try problems(stage + "```sh try\nexit 0\n```\n\n" + good).count == 1, "the rest must be run")
        #expect(try problems("```sh host\nfalse\n```\n").isEmpty)
        #expect(try problems("```sh try terminal\ntest -t 1\n```\n").isEmpty)
        #expect(try problems("```sh try terminal\nfalse\n```\n").count == 1)
    }
}
