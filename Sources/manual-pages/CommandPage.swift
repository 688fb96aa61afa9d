// SPDX-License-Identifier: Apache-2.0

/// The page of the program or of one of its commands.
struct CommandPage {
    let command: Command
    let root: Command

    private static let exitStatus = "EXIT STATUS"
    private var isRoot: Bool { command.pageName == root.pageName }

    var page: ManualPage {
        let words = ([command.abstract, command.discussion] + command.shownParameters.map(\.abstract))
            .compactMap(\.self).joined(separator: "\n")
        return ManualPage(
            name: command.pageName, section: 1, summary: command.abstract ?? "",
            parts: [
                ("SYNOPSIS", synopsis),
                ("DESCRIPTION", description),
                ("OPTIONS", Mdoc.list(command.shownParameters.map { ($0.heading, Mdoc.lines($0.explanation)) })),
                ("ENVIRONMENT", Surroundings.environment(namedIn: isRoot ? nil : words)),
                ("FILES", Surroundings.files(namedIn: isRoot ? nil : words)),
                (Self.exitStatus, exitStatus),
                ("SEE ALSO", seeAlso),
            ])
    }

    private var synopsis: [String] {
        let words = command.words.dropFirst().map { "Cm " + Mdoc.argument($0) }.joined(separator: " ")
        let call = [".Nm \(root.commandName)"] + (words.isEmpty ? [] : ["." + words])
        let arguments = command.shownParameters.map(\.synopsis)
        return command.subcommands == nil
            ? call + arguments : call + [".Op Ar command", ".Op Ar option ...", ".Pp"] + call + arguments
    }

    private var description: [String] {
        let paragraphs = [command.abstract ?? ""] + Self.discussion(of: command).paragraphs
        let lines = Array(paragraphs.map(Mdoc.lines).joined(separator: [".Pp"]))
        guard let subcommands = command.subcommands else { return lines }
        return lines + [".Pp", "Each command has its own page:"]
            + Mdoc.list(subcommands.map { ("Xr \($0.pageName) 1", Mdoc.lines($0.abstract ?? "")) })
    }

    /// The page of the program has the statuses of all commands.
    private var exitStatus: [String] {
        let (_, table, exits) = Self.discussion(of: command)
        if isRoot {
            let others = root.withSubcommands.map { ($0, Self.discussion(of: $0).exits) }.filter { !$1.isEmpty }
            return table + [".Pp", "Some commands use only a few of these statuses, or have their own:"]
                + Mdoc.list(others.map { ("Xr \($0.pageName) 1", Mdoc.lines($1)) })
        }
        guard table.isEmpty else { return table }
        let reference = ["The exit statuses of all commands are listed in", ".Xr \(root.pageName) 1 ."]
        return exits.isEmpty ? reference : Mdoc.lines(exits) + [".Pp"] + reference
    }

    /// References in the order that mandoc(1) asks for.
    private var seeAlso: [String] {
        let names = root.withSubcommands.map(\.pageName).filter { $0 != command.pageName }.sorted()
        return names.map { ".Xr \($0) 1 ," } + [".Xr \(ConfigurationPage.name(of: root.commandName)) 5"]
    }

    /// Takes a discussion apart.
    ///
    /// - Returns:
    ///   - paragraphs: without the other two parts.
    ///   - table: the lines `  status  meaning` after `EXIT STATUS:`.
    ///   - exits: each sentence that begins with `Exits with`.
    private static func discussion(of command: Command) -> (paragraphs: [String], table: [String], exits: String) {
        var rows: [(String, [String])] = []
        var exits: [String] = []
        var paragraphs: [String] = []
        for paragraph in (command.discussion ?? "").split(separator: "\n\n") {
            if paragraph.hasPrefix(exitStatus + ":\n") {
                for row in paragraph.split(separator: "\n").dropFirst() {
                    let words = row.split(separator: " ", maxSplits: 1)
                    rows.append(("Li " + Mdoc.argument(words[0]), Mdoc.lines(String(words[1]))))
                }
                continue
            }
            let sentences = Mdoc.sentences(String(paragraph))
            exits += sentences.filter { $0.hasPrefix("Exits with ") }
            paragraphs.append(sentences.filter { !$0.hasPrefix("Exits with ") }.joined(separator: " "))
        }
        return (paragraphs.filter { !$0.isEmpty }, Mdoc.list(rows), exits.joined(separator: " "))
    }
}
