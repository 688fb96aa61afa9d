// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Reporting
internal import Rotation

/// The format of standard output.
enum OutputKind: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}

/// How a command prints its result.
struct OutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The format of standard output: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    @Flag(help: "No colours (NO_COLOR does the same).")
    var noColor = false

    var isJSON: Bool { output == .json }

    func isColoured(on console: Console) -> Bool { console.takesColours && !noColor }

    /// Prints the problems of a command that could not do its work.
    /// - Returns: the end of the command.
    func failure(_ head: DocumentHead, _ problems: [Problem], _ status: ExitStatus) -> ExitCode {
        if isJSON { Self.deliver(head, problems, status) }
        for problem in problems { Console.complain(problem.text) }
        return ExitCode(status)
    }

    /// Writes the JSON document of a command that did nothing. The document of `rotate` has all its members.
    static func deliver(_ head: DocumentHead, _ problems: [Problem], _ status: ExitStatus) {
        var head = head
        head.problems = problems
        Console.deliver { [head] write in
            guard head.command == "rotate" else {
                return JSONText.writeDocument(
                    head,
                    exit: (status.rawValue, status.meaning(of: head.command == "sign" ? .signature : .configuration)),
                    to: write)
            }
            let now = Timestamp.now
            RunReport(
                runID: RandomIdentifier.make(), startedAt: now, endedAt: now, exitStatus: status, problems: problems
            ).writeJSON(to: write)
        }
    }
}
