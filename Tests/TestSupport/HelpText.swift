// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A command as its `--help` shows it to people: what pages and completions are held against.
package struct HelpText {
    package let words: [String]
    /// All spellings, dashes included.
    package let options: Set<String>
    package let subcommands: [String]
    /// What an option accepts, where the help lists it.
    package let values: [String: Set<String>]

    /// The program and each command below it, whatever there is.
    package static func all() throws -> [HelpText] {
        let directory = try TemporaryDirectory()
        func read(_ words: [String]) throws -> [HelpText] {
            let said = try directory.run(BuiltProgram.rotator, words.dropFirst() + ["--help"])
            // Plugins of monitoring systems do not end with 0 then.
            let text = String(decoding: said.standardOutput, as: UTF8.self)
            guard text.hasPrefix("USAGE: ") else { throw TestFailure("\(words): --help says nothing") }
            let help = HelpText(words: words, text: text)
            return try [help] + help.subcommands.flatMap { try read(words + [$0]) }
        }
        return try read(["doku-token-rotator"])
    }

    private init(words: [String], text: String) {
        self.words = words
        var section = Substring()
        // An entry's head, and all that is said of it.
        var entries: [(section: Substring, head: Substring, text: String)] = []
        for line in text.split(separator: "\n") {
            if let title = line.firstMatch(of: #/^([A-Z]+):/#) {
                section = title.output.1
            } else if let head = line.firstMatch(of: #/^ {2}([a-z-].*?)( {2,}|> |$)/#) {
                entries.append((section, head.output.1, String(line)))
            } else if !entries.isEmpty {
                entries[entries.count - 1].text += " " + line.drop { $0 == " " }
            }
        }
        var options: Set<String> = []
        var values: [String: Set<String>] = [:]
        for entry in entries where entry.section == "OPTIONS" {
            let names = entry.head.optionNames
            options.formUnion(names)
            guard let listed = entry.text.firstMatch(of: #/\(values: (.*?)[;)]/#), let name = names.last else {
                continue
            }
            values[name] = Set(listed.output.1.split(separator: ", ").map(String.init))
        }
        subcommands = entries.filter { $0.section == "SUBCOMMANDS" }.compactMap {
            $0.head.split(separator: " ").first.map(String.init)
        }
        self.options = options
        self.values = values
    }
}

extension Substring {
    /// The options in the head of an entry, such as `-c, --config FILE`.
    package var optionNames: [String] {
        split { " ,".contains($0) }.filter { $0.wholeMatch(of: #/--?[A-Za-z][\w-]*/#) != nil }.map(String.init)
    }
}
