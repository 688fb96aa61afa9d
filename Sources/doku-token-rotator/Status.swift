// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import TokenRotation

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the published tokens at a glance.",
        discussion: """
            Reads the configuration and the published files only, as `check` does for monitoring: no network, no secret, \
            no lock. Exits with 0 whatever the state of the tokens, with 64 where it knows no such brand, \
            and with 78 where the configuration cannot be used.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("What standard output carries: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    func run() throws {
        let now = Timestamp.now
        let check = TokenCheck.run(
            configurationFile: configuration.path, brands: selection.names, shard: selection.shard, warning: nil,
            critical: nil, now: now)
        var lost: String?
        switch output {
        case .json: lost = ReportDocument.write { check.writeJSON(at: now, to: $0) }
        case .text where check.problem == nil:
            let console = Console.standardOutput
            lost = console.write(check.table(width: console.width, isColoured: console.takesColours))
        case .text: break
        }
        Console.complain(ifLost: lost)
        if let problem = check.problem { Console.complain(problem) }
        throw End(status: check.exitStatus)
    }
}
