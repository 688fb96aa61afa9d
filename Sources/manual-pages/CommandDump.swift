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

    /// A name, if there is one, with the value.
    private func call(_ name: Name?) -> String {
        // The macro `Fl` adds one dash.
        let flag = name.map { [($0.kind == "long" ? "Fl Fl " : "Fl ") + Mdoc.argument($0.name)] } ?? []
        let value = "Ar " + Mdoc.argument(valueName ?? "value") + (isRepeating ? " ..." : "")
        return (flag + (kind == "flag" ? [] : [value])).joined(separator: " ")
    }

    var synopsis: String {
        (isOptional ? ".Op " : ".") + call(preferredName)
    }

    var heading: String {
        names?.map { call($0) }.joined(separator: " , ") ?? call(nil)
    }

    var explanation: String {
        let text = abstract ?? ""
        guard let defaultValue, !text.contains("default: ") else { return text }
        return "\(text) The default is \(defaultValue)."
    }
}
