// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Monitoring

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the published tokens, as a plugin for Nagios, Icinga and similar monitors.",
        discussion: """
            Reads only the configuration and the published files: no network, no secret, no lock. Prints one line \
            with performance data, then a line for each brand that is not OK. Exits with 0 (OK), 1 (WARNING), \
            2 (CRITICAL) or 3 (UNKNOWN, also for an invalid command line).
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp(
            "WARNING if a token expires within this time (default: the last run should have renewed it).",
            valueName: "duration"))
    var warning: DurationArgument?

    @Option(
        help: ArgumentHelp("CRITICAL if a token expires within this time (default: 1m).", valueName: "duration"))
    var critical: DurationArgument?

    func validate() throws {
        if let warning, let critical, warning.duration < critical.duration {
            throw ValidationError("--warning must not be less than --critical")
        }
    }

    func run() throws {
        let now = Timestamp.now
        let check = TokenCheck.run(
            as: "check", configurationFile: configuration.path, brands: selection.names, shard: selection.shard,
            warning: warning?.duration, critical: critical?.duration, now: now)
        Console.deliver { output.isJSON ? check.writeJSON(at: now, to: $0) : $0(check.text) }
        throw ExitCode(check.state.rawValue)
    }

    /// Exits with UNKNOWN, as plugins do if the command did not run.
    static func leave(saying message: String, help: String?, isJSON: Bool) -> Never {
        let check = TokenCheck(problem: message)
        Console.deliver { help == nil && isJSON ? check.writeJSON(at: .now, to: $0) : $0(help ?? check.text) }
        Console.leave(TokenCheck.State.unknown.rawValue)
    }
}
