// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Monitoring

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a table of the published tokens.",
        discussion: """
            Reads only the configuration and the published files: no network, no secret, no lock. For monitoring, use \
            `check`. Exits with 0 in every state of the tokens, with 64 if a brand is unknown, and with 78 if the \
            configuration is invalid.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("The format of standard output: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    func run() throws {
        let now = Timestamp.now
        let check = TokenCheck.run(
            configurationFile: configuration.path, brands: selection.names, shard: selection.shard, warning: nil,
            critical: nil, now: now)
        if output == .json {
            Console.deliver { check.writeJSON(at: now, to: $0) }
        } else if check.problem == nil {
            let console = Console.standardOutput
            Console.deliver { $0(check.table(width: console.width, isColoured: console.takesColours)) }
        }
        if let problem = check.problem { Console.complain(problem) }
        throw ExitCode(check.exitStatus)
    }
}
