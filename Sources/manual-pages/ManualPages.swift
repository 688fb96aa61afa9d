// SPDX-License-Identifier: Apache-2.0

// Builds the manual pages from the program's own command definitions and the JSON Schema of the configuration.

internal import ArgumentParser
internal import FoundationEssentials
internal import Model

@main
struct ManualPages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual-pages",
        abstract: "Write the manual pages.",
        discussion: "Reads the output of the program's --experimental-dump-help from standard input.")

    @Argument(help: "The directory in which man1 and man5 are created.")
    var directory: String

    @Option(help: "The date of the pages, such as \"November 25, 2026\".")
    var date: String

    @Option(help: "The configuration file that the pages show as an example.")
    var example: String

    func run() throws {
        var input = ""
        while let line = readLine(strippingNewline: false) { input += line }
        let root = try JSONDecoder().decode(CommandDump.self, from: Data(input.utf8)).command
        let example = try String(contentsOfFile: example, encoding: .utf8)

        var pages = root.withSubcommands.map { CommandPage(command: $0, root: root).page }
        pages.append(try ConfigurationPage(program: root.commandName, example: example).page)
        for page in pages {
            let folder = URL(filePath: "\(directory)/man\(page.section)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let text = page.text(date: date, source: "\(root.commandName) \(ProgramVersion.text)")
            try Data(text.utf8).write(to: folder.appending(path: "\(page.name).\(page.section)"))
        }
    }
}

/// A page in the mdoc(7) format.
struct ManualPage {
    let name: String
    let section: Int
    /// One sentence.
    let summary: String
    /// A part without lines is omitted.
    let parts: [(title: String, lines: [String])]

    func text(date: String, source: String) -> String {
        // whatis(1) shows summaries without a capital letter and a full stop.
        let summary = self.summary.prefix(1).lowercased() + self.summary.dropFirst(1)
        let head = [
            ".Dd \(date)", ".Dt \(name.uppercased()) \(section)", ".Os \"\(source)\"", ".Sh NAME", ".Nm \(name)",
            ".Nd " + Mdoc.lines(summary.hasSuffix(".") ? String(summary.dropLast()) : summary).joined(separator: " "),
        ]
        let body = parts.filter { !$0.lines.isEmpty }.flatMap { [".Sh \(Mdoc.argument($0.title))"] + $0.lines }
        return (head + body).map { $0 + "\n" }.joined()
    }
}
