// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Monitoring

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge the published tokens, as a plugin of Nagios, Icinga and their like.",
        discussion: """
            Reads the configuration and the published files only: no network, no secret, no lock. Prints one line \
            with figures, then a line for each brand that is not OK. Exits with 0 (OK), 1 (WARNING), 2 (CRITICAL) or \
            3 (UNKNOWN, also for a wrong command line).
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Option(
        help: ArgumentHelp(
            "Warn where a token has no more left than this (default: where the last run should have renewed it).",
            valueName: "duration"))
    var warning: DurationArgument?

    @Option(
        help: ArgumentHelp("Critical where a token has no more left than this (default: 1m).", valueName: "duration"))
    var critical: DurationArgument?

    func validate() throws {
        if let warning, let critical, warning.duration < critical.duration {
            throw ValidationError("--warning is less than --critical")
        }
    }

    func run() throws {
        let check = TokenCheck.run(
            configurationFile: configuration.path, brands: selection.names, shard: selection.shard,
            warning: warning?.duration, critical: critical?.duration)
        Console.complain(ifLost: Console.standardOutput.write(check.text))
        throw End(code: check.state.rawValue)
    }

    /// Whether the command line, good or bad, is for this command.
    static var isAskedFor: Bool { CommandLine.arguments.dropFirst().first == "check" }

    /// Ends a command line that was not run, in the way of plugins: UNKNOWN, whatever it was.
    static func leave(saying message: String, help: String?) -> Never {
        Console.standardOutput.write(help ?? TokenCheck(problem: message).text)
        Console.leave(TokenCheck.State.unknown.rawValue)
    }
}
