// SPDX-License-Identifier: Apache-2.0

/// What ArgumentParser's `--experimental-dump-help` prints (ToolInfoV0), as far as the pages tell it.
struct CommandDump: Decodable {
    let command: CommandDescription
}

/// One command. What the parser hides, the pages do not show.
struct CommandDescription: Decodable {
    let commandName: String
    let superCommands: [String]?
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    private let subcommands: [CommandDescription]?
    private let arguments: [ArgumentDescription]?

    var shownSubcommands: [CommandDescription] { (subcommands ?? []).filter(\.shouldDisplay) }
    var shownArguments: [ArgumentDescription] { (arguments ?? []).filter(\.shouldDisplay) }
    /// Itself first.
    var withSubcommands: [CommandDescription] { [self] + shownSubcommands.flatMap(\.withSubcommands) }
    /// What is typed to call it.
    var words: [String] { (superCommands ?? []) + [commandName] }
    var pageName: String { words.joined(separator: "-") }
    /// Everything that its own definition says in words.
    var text: String {
        let arguments = shownArguments.flatMap { [$0.abstract, $0.discussion] }
        return ([abstract, discussion] + arguments).compactMap(\.self).joined(separator: "\n")
    }
}

/// One flag, option or positional argument.
struct ArgumentDescription: Decodable {
    enum Kind: String, Decodable {
        case positional
        case option
        case flag
    }

    struct Name: Decodable {
        enum Kind: String, Decodable {
            case long
            case short
            case longWithSingleDash
        }

        let kind: Kind
        let name: String

        /// As arguments of mdoc's `Fl`, which puts one dash before each.
        var flag: String { (kind == .long ? "Fl Fl " : "Fl ") + ManualText.argument(name) }
    }

    let kind: Kind
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let preferredName: Name?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?
    let abstract: String?
    let discussion: String?

    /// Its value as mdoc shows it; nil for a flag.
    private var value: String? {
        guard kind != .flag else { return nil }
        return "Ar " + ManualText.argument(valueName ?? "value") + (isRepeating ? " ..." : "")
    }

    /// Its line in the synopsis, under the name that the parser prefers.
    var synopsis: String {
        let parts = [preferredName?.flag, value].compactMap(\.self).joined(separator: " ")
        return (isOptional ? ".Op " : ".") + parts
    }

    /// What it stands under in the list of options: all its names.
    var heading: String {
        let spelled = (names ?? []).map(\.flag)
        guard !spelled.isEmpty else { return value ?? "" }
        return spelled.map { [$0, value].compactMap(\.self).joined(separator: " ") }.joined(separator: " , ")
    }

    /// What it does; its values and its default where the words leave them out.
    var explanation: String {
        var sentences = [abstract, discussion].compactMap(\.self)
        let said = sentences.joined(separator: " ")
        if let allValues, !allValues.allSatisfy(said.contains) {
            sentences.append("One of: \(allValues.joined(separator: ", ")).")
        }
        if let defaultValue, !said.contains("default: ") { sentences.append("The default is \(defaultValue).") }
        return sentences.joined(separator: " ")
    }
}
