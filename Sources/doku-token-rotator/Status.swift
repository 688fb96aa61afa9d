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

    @OptionGroup var output: OutputOptions

    func run() throws {
        let now = Timestamp.now
        let check = TokenCheck.run(
            as: "status", configurationFile: configuration.path, brands: selection.names, shard: selection.shard,
            now: now)
        if output.isJSON {
            Console.deliver { check.writeJSON(at: now, to: $0) }
        } else if check.problem == nil {
            let console = Console.standardOutput
            Console.deliver { $0(check.table(width: console.width, isColoured: output.isColoured(on: console))) }
        }
        if let problem = check.problem { Console.complain(problem) }
        throw ExitCode(check.exitStatus)
    }
}
