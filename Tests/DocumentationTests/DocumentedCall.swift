// SPDX-License-Identifier: Apache-2.0

/// One call of the program in a page.
struct DocumentedCall {
    /// The words behind the program's name, before its options.
    var command: [String]
    var options: [String]
}

extension MarkdownPage {
    /// In all blocks but those of what is printed, and in code between backticks.
    var calls: [DocumentedCall] {
        let texts =
            blocks.filter { !["text", "json", "yaml"].contains($0.language) }
            .flatMap { $0.text.replacing("\\\n", with: " ").split(separator: "\n").map(String.init) }
            + prose.flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.output.1) } }
        return texts.flatMap { $0.split { "|;&()".contains($0) }.flatMap(Self.calls) }
    }

    /// - Parameter command: one of a line, with what its words are divided by.
    private static func calls(in command: Substring) -> [DocumentedCall] {
        let words = command.split { " '\"".contains($0) }
        return words.indices.compactMap { index in
            let isProgram =
                words[index] == "doku-token-rotator" || words[index].hasSuffix("/bin/doku-token-rotator")
            let arguments = words[(index + 1)...].prefix { !$0.hasPrefix("#") && !$0.hasPrefix(">") }
            // After a user's or a unit's name, something else follows, such as a shell's `command`.
            guard isProgram, let first = arguments.first, first != "command",
                first.wholeMatch(of: /--?[a-z].*|[a-z]+/) != nil
            else {
                return nil
            }
            return DocumentedCall(
                command: first.hasPrefix("-") ? [] : [String(first)],
                options: arguments.filter { $0.hasPrefix("-") }.compactMap {
                    $0.split(separator: "=").first.map(String.init)
                })
        }
    }
}
