// SPDX-License-Identifier: Apache-2.0

/// The fields of ArgumentParser's ToolInfoV0 that the pages show.
struct CommandDump: Decodable {
    let command: Command
}

struct Command: Decodable {
    let commandName: String
    let superCommands: [String]?
    let abstract: String?
    let discussion: String?
    let subcommands: [Command]?
    let arguments: [Parameter]?

    /// The command itself comes first.
    var withSubcommands: [Command] { [self] + (subcommands ?? []).flatMap(\.withSubcommands) }
    /// What the user types to call the command.
    var words: [String] { (superCommands ?? []) + [commandName] }
    var pageName: String { words.joined(separator: "-") }
    var shownParameters: [Parameter] { (arguments ?? []).filter(\.shouldDisplay) }
}

/// A flag, an option or a positional argument.
struct Parameter: Decodable {
    struct Name: Decodable {
        let kind: String
        let name: String

        /// The name for the macro `Fl`, which adds one dash.
        var flag: String { (kind == "long" ? "Fl Fl " : "Fl ") + Mdoc.argument(name) }
    }

    let kind: String
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let preferredName: Name?
    let valueName: String?
    let defaultValue: String?
    let abstract: String?

    private var value: [String] {
        kind == "flag" ? [] : ["Ar " + Mdoc.argument(valueName ?? "value") + (isRepeating ? " ..." : "")]
    }

    var synopsis: String {
        (isOptional ? ".Op " : ".") + ((preferredName.map { [$0.flag] } ?? []) + value).joined(separator: " ")
    }

    /// All names, each with the value.
    var heading: String {
        guard let names else { return value.joined() }
        return names.map { ([$0.flag] + value).joined(separator: " ") }.joined(separator: " , ")
    }

    var explanation: String {
        let text = abstract ?? ""
        guard let defaultValue, !text.contains("default: ") else { return text }
        return "\(text) The default is \(defaultValue)."
    }
}
