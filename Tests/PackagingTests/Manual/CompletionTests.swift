// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The completions as they are installed, in the shells themselves.
@Suite struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func `a shell finds what is installed, and offers commands, options and values`(shell: String) throws {
        let installation = try Installation()
        var expected: [String: Set<String>] = [:]
        for command in try HelpText.all() {
            let words = command.words.joined(separator: " ")
            // All begin with what was typed: two dashes leave the short ones out.
            expected["\(words) --"] = command.options.filter { $0.hasPrefix("--") }
            expected["\(words) -"] = command.options
            for option in command.options.filter({ $0.hasPrefix("--") }) {
                let typed = String(option.dropLast())
                expected["\(words) \(typed)"] = command.options.filter { $0.hasPrefix(typed) }
            }
            for (option, values) in command.values { expected["\(words) \(option) "] = values }
            for subcommand in command.subcommands {
                let typed = String(subcommand.prefix(2))
                let offered = (command.subcommands + ["help"]).filter { $0.hasPrefix(typed) }
                expected["\(words) \(typed)"] = Set(offered)
            }
        }
        // Files that may be a configuration, and directories that may hold one.
        let brands = ["kopi", "kopi-dua", "teh"].map {
            "  - { name: \($0), client_id: BRN-\($0), secret: { env: S }, outputs: [{ file: \($0) }] }\n"
        }
        try installation.directory.write(
            "endpoint: https://api.doku.com/token\nrun_every: 15m\nbrands:\n\(brands.joined())", to: "here/one.yaml")
        try installation.directory.write("", to: "here/two.txt")
        try installation.directory.write("", to: "here/below/three.yaml")
        // fish looks at what is typed, which there is on a terminal only.
        if shell != "fish" {
            expected["doku-token-rotator rotate --config one.yaml --brand "] = ["kopi", "kopi-dua", "teh"]
            expected["doku-token-rotator --config one.yaml --brand "] = ["kopi", "kopi-dua", "teh"]
            expected["doku-token-rotator sign --config one.yaml --brand t"] = ["teh"]
            expected["doku-token-rotator check -c one.yaml --brand ko"] = ["kopi", "kopi-dua"]
            expected["doku-token-rotator status --config two.txt --brand "] = []
        }
        expected["doku-token-rotator validate --config "] = ["one.yaml", "below"]
        expected["doku-token-rotator validate -c o"] = ["one.yaml"]
        expected["doku-token-rotator validate o"] = ["one.yaml"]
        // Options before the command's name, of the default command and of another one.
        expected["doku-token-rotator --dry-run --f"] = ["--force"]
        expected["doku-token-rotator -c one.yaml sta"] = ["status"]
        expected["doku-token-rotator -c one.yaml status --n"] = ["--no-color"]
        expected["doku-token-rotator status --fo"] = []

        let offers = try Self.offers(of: shell, for: expected.keys.sorted(), in: installation)
        var scoreboard = Scoreboard("completions in \(shell)", kinds: ["wrong outcomes"])
        for (line, words) in expected {
            scoreboard.cases += 1
            if offers[line] != words { scoreboard.count("wrong outcomes") }
            #expect(offers[line] == words, "\(line)")
        }
        scoreboard.report()
        #expect(expected["doku-token-rotator ro"] == ["rotate"])
        #expect(expected["doku-token-rotator --"]?.isSuperset(of: ["--config", "--force", "--wait"]) == true)
        #expect(expected["doku-token-rotator rotate --output "] == ["text", "json"])
        #expect(expected.count > 40)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `no completion is written in what its shell does not understand`(shell: String) throws {
        let installation = try Installation()
        let files = [
            "bash": "bash-completion/completions/doku-token-rotator", "zsh": "zsh/site-functions/_doku-token-rotator",
            "fish": "fish/vendor_completions.d/doku-token-rotator.fish",
        ]
        let file = installation.share.appending(path: try #require(files[shell]))
        let checked = try installation.directory.run("/usr/bin/env", [shell, "-n", file.path])
        #expect(checked.status == 0)
        #expect(checked.standardError.isEmpty, "\(String(decoding: checked.standardError, as: UTF8.self))")
    }

    /// What a shell offers for each line; its start files are left out.
    private static func offers(
        of shell: String, for lines: [String], in installation: Installation
    ) throws -> [String: Set<String>] {
        let script = Repository.path("Tests/PackagingTests/Manual/Shells/complete.\(shell)")
        let calls = [
            "bash": "bash --noprofile --norc", "zsh": "zsh -f", "fish": "fish --private",
        ]
        try installation.directory.write(lines.map { $0 + "\n" }.joined(), to: "lines")
        try installation.directory.write("", to: "home/none")
        let ending = try installation.directory.start(
            "/bin/sh", ["-c", "cd here && exec \(calls[shell] ?? "") \"$0\" <../lines", script],
            environment: [
                "PATH": "\(installation.programs):/usr/bin:/bin", "HOME": installation.directory.path("home"),
                "XDG_DATA_DIRS": installation.share.path,
                "SITE_FUNCTIONS": installation.share.appending(path: "zsh/site-functions").path,
            ]
        ).ending()
        #expect(ending.status == 0)
        #expect(ending.standardError.isEmpty, "\(String(decoding: ending.standardError, as: UTF8.self))")
        var offers: [String: Set<String>] = [:]
        for row in String(decoding: ending.standardOutput, as: UTF8.self).split(separator: "\n") {
            let cells = row.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count == 2 else { continue }
            var word = cells[1]
            // fish marks a directory as one.
            if word.hasSuffix("/") { word = word.dropLast() }
            offers[String(cells[0]), default: []].formUnion(word.isEmpty ? [] : [String(word)])
        }
        return offers
    }
}
