// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The pages' commands do what the pages say.
@Suite struct PageTests {
    /// Pages that show the program at work, and how many of their blocks can be run at least.
    private static let shown = [
        "README.md": 1, "docs/systemd.md": 4, "docs/cron.md": 2, "docs/monitoring.md": 8, "docs/security.md": 3,
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
        let least = Self.shown[page.name] ?? 0
        #expect(page.blocks.count(where: \.isRunnable) >= least, "\(page.name) shows too little")
    }

    @Test("There are pages, and each is named by README and by another one")
    func pages() throws {
        let pages = MarkdownPage.all
        #expect(Set(Self.shown.keys).isSubset(of: pages.map(\.name)))
        for page in pages where page.name != "README.md" {
            let file = page.name.split(separator: "/").last.map(String.init) ?? ""
            #expect(pages.first { $0.name == "README.md" }?.links.contains { $0.hasPrefix(page.name) } == true)
            #expect(pages.contains { $0.name != "README.md" && $0.links.contains { $0.hasPrefix(file) } }, "\(file)")
        }
    }

    @Test("Every link leads to a file that is there, and to a heading of it", arguments: MarkdownPage.all)
    func links(page: MarkdownPage) throws {
        let folder = URL(filePath: page.name, relativeTo: MarkdownPage.repository).deletingLastPathComponent()
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
}
