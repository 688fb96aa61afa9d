// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Settings

/// The words of the command line, the command's name first.
struct CommandLineWords {
    private(set) var words: [String]
    /// nil if the line names no command.
    private(set) var command: String?

    /// - Parameter commands: the names of all commands. Options may come before a name.
    init(_ given: ArraySlice<String>, commands: [String]) {
        words = Array(given)
        let options = words.prefix { $0 != "--" }
        let name = options.indices.first { index in
            commands.contains(options[index]) && (index == 0 || !Self.takesAnyName(options[index - 1]))
        }
        guard let name, words[0].hasPrefix("-") || name == 0, words[0] != "---completion" else { return }
        command = words.remove(at: name)
        words.insert(options[name], at: 0)
    }

    /// Whether the word is an option whose value may be the same word as a command's name.
    private static func takesAnyName(_ word: String) -> Bool {
        word == "--config" || word == "--brand" || word.hasPrefix("-") && !word.hasPrefix("--") && word.hasSuffix("c")
    }

    /// The first option that is given twice. The parser would silently use the last value.
    var repeatedOption: String? {
        guard words.first != "---completion" else { return nil }
        var names = ["--config", "--shard"]
        if command == "sign" { names.append("--brand") }
        let given = words.prefix { $0 != "--" }.map { $0 == "-c" ? "--config" : String($0.prefix { $0 != "=" }) }
        return names.first { name in given.count { $0 == name } > 1 }
    }

    /// Whether the words, valid or not, ask for a JSON document.
    var asksForJSON: Bool {
        words.contains("--output=json")
            || zip(words, words.dropFirst()).contains { option, value in
                value == "json"
                    && (option == "--output"
                        || option.hasPrefix("-") && !option.hasPrefix("--") && option.hasSuffix("o"))
            }
    }

    /// What was probably meant by the word that the parser's message names. The parser itself suggests options.
    static func hint(for message: String, commands: [String]) -> String {
        let parts = message.split(separator: "'", maxSplits: 2)
        guard parts.count > 1 else { return "" }
        let word = String(parts[1])
        if message.contains("<duration>'") {
            return DurationText.parse(word + "s") == nil
                ? ". A duration has units, such as 90s, 5m or 1h30m" : ". Did you mean '\(word)s'?"
        }
        guard message.contains("nexpected argument") else { return "" }
        if word.hasSuffix(".yaml") || word.hasSuffix(".yml") { return ". Did you mean '--config \(word)'?" }
        return Spelling.suggestion(for: word, among: commands).map { ". Did you mean '\($0)'?" } ?? ""
    }
}
