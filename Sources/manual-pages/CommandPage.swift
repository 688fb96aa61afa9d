// SPDX-License-Identifier: Apache-2.0

/// The page of one command: the program's own, or a subcommand's.
struct CommandPage {
    private let command: CommandDescription
    private let root: CommandDescription
    private let discussion: Discussion
    private var isRoot: Bool { command.pageName == root.pageName }

    init(_ command: CommandDescription, of root: CommandDescription) {
        self.command = command
        self.root = root
        discussion = Discussion(command.discussion)
    }

    func page(_ header: ManualHeader) -> ManualPage {
        let own = discussion.sections.filter { $0.title != Self.exitStatus }
        let sections =
            [
                ManualSection(title: "SYNOPSIS", lines: synopsis),
                ManualSection(title: "DESCRIPTION", lines: description),
                ManualSection(title: "OPTIONS", lines: options),
            ] + own + [
                ManualSection(
                    title: "ENVIRONMENT", lines: Surroundings.environmentLines(namedIn: isRoot ? nil : command.text)),
                ManualSection(title: "FILES", lines: Surroundings.fileLines(namedIn: isRoot ? nil : command.text)),
                ManualSection(title: Self.exitStatus, lines: exitStatus),
                ManualSection(title: "SEE ALSO", lines: seeAlso),
            ]
        return ManualPage(
            name: command.pageName, section: 1, summary: command.abstract ?? command.commandName, header: header,
            sections: sections)
    }

    private static let exitStatus = "EXIT STATUS"

    private var synopsis: [String] {
        let words = command.words.dropFirst().map { "Cm " + ManualText.argument($0) }
        let name = ".Nm " + ManualText.argument(root.commandName, isCode: false)
        let call = words.isEmpty ? [name] : [name, "." + words.joined(separator: " ")]
        let arguments = command.shownArguments.map(\.synopsis)
        guard !command.shownSubcommands.isEmpty else { return call + arguments }
        return call + [".Op Ar command", ".Op Ar option ...", ".Pp"] + call + arguments
    }

    private var description: [String] {
        var lines = ManualText.lines(command.abstract ?? "")
        if !discussion.introduction.isEmpty { lines += [".Pp"] + discussion.introduction }
        guard !command.shownSubcommands.isEmpty else { return lines }
        lines += [".Pp", "The commands, each with a page of its own:"]
        return lines
            + ManualSection.list(
                command.shownSubcommands.map { ("Xr \($0.pageName) 1", ManualText.lines($0.abstract ?? "")) })
    }

    private var options: [String] {
        ManualSection.list(command.shownArguments.map { ($0.heading, ManualText.lines($0.explanation)) })
    }

    /// The table where the command has one; what its discussion says; the statuses of all commands are the program's.
    private var exitStatus: [String] {
        var lines = ManualText.lines(discussion.exitSentences)
        lines += discussion.sections.filter { $0.title == Self.exitStatus }.flatMap(\.lines)
        if isRoot {
            let others = command.withSubcommands.dropFirst().compactMap { command in
                let sentences = Discussion(command.discussion).exitSentences
                return sentences.isEmpty
                    ? nil : (heading: "Xr \(command.pageName) 1", lines: ManualText.lines(sentences))
            }
            if !others.isEmpty { lines += [".Pp", "Of these, some commands use but a few, or have their own:"] }
            return lines + ManualSection.list(others)
        }
        guard !discussion.sections.contains(where: { $0.title == Self.exitStatus }) else { return lines }
        return lines + (lines.isEmpty ? [] : [".Pp"])
            + ["The statuses of all commands stand in", ".Xr \(root.pageName) 1 ."]
    }

    private var seeAlso: [String] {
        let pages = root.withSubcommands.map { (name: $0.pageName, section: 1) }
        let configuration = (name: ConfigurationPage.name(of: root.commandName), section: 5)
        return ManualSection.references(pages.filter { $0.name != command.pageName } + [configuration])
    }
}
