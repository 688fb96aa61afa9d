// SPDX-License-Identifier: Apache-2.0

// Makes the manual pages while the program is built: of what the program says of its own commands, and of the
// configuration's schema. Nothing that it writes is kept in the repository.

internal import ArgumentParser
internal import FoundationEssentials
internal import Model

@main
struct ManualPages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual-pages",
        abstract: "Writes the manual pages of a program that tells its commands on standard input.",
        discussion: "Standard input is what the program prints for --experimental-dump-help.")

    @Argument(help: "Where man1 and man5 are made.")
    var directory: String

    @Option(help: ArgumentHelp("The date that the pages carry.", valueName: "YYYY-MM-DD"))
    var date: ManualDate

    @Option(help: "A configuration that is shown as an example.")
    var example: String

    func run() throws {
        var input = ""
        while let line = readLine(strippingNewline: false) { input += line }
        let root = try JSONDecoder().decode(CommandDump.self, from: Data(input.utf8)).command
        let header = ManualHeader(date: date, source: "\(root.commandName) \(ProgramVersion.text)")

        var pages = root.withSubcommands.map { CommandPage($0, of: root).page(header) }
        let example = try String(contentsOfFile: example, encoding: .utf8)
        pages.append(try ConfigurationPage(program: root.commandName, example: example).page(header))
        for page in pages { try page.write(into: directory) }
    }
}
