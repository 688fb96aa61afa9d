// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Processes
internal import Settings

@main
struct DokuTokenRotator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doku-token-rotator",
        abstract: "Renews the DOKU tokens of many brands: one run, from cron, systemd or Kubernetes.",
        usage: "doku-token-rotator [<command>] [<options>]",
        discussion: """
            Reads a YAML list of brands and requests a token for each brand that is due. Publishes the tokens to \
            files. The exit status is made for monitoring.

            \(HelpPage.exitStatuses)
            """,
        version: ProgramVersion.text,
        subcommands: [
            Rotate.self, Init.self, Check.self, Status.self, Doctor.self, Validate.self, Sign.self, Schema.self,
        ],
        defaultSubcommand: Rotate.self)

    /// The options of the default command, for command lines that name no command.
    @OptionGroup var options: RotateOptions

    static func main() {
        ProcessHardening.apply()
        // This variable makes libcurl write the keys of every TLS connection to a file.
        EnvironmentVariable.unset("SSLKEYLOGFILE")
        guard !CommandLine.arguments.isEmpty else {
            // Swift reads the arguments there. Without them, a dry run would become a real run.
            Console.complain("cannot read the arguments: /proc is not mounted; mount it (MountAPIVFS=yes in a unit)")
            Console.leave(ExitStatus.internal.rawValue)
        }
        let line = CommandLineWords(CommandLine.arguments.dropFirst(), commands: commandNames)
        do {
            if let option = line.repeatedOption { throw ValidationError("\(option) is given twice; give it once") }
            var command = try line.command == nil ? parseAsRoot(line.words) : Commands.parseAsRoot(line.words)
            try command.run()
            Console.leave(ExitStatus.success.rawValue)
        } catch let end as ExitCode {
            Console.leave(end.rawValue)
        } catch {
            leave(with: error, line)
        }
    }

    /// The same commands for a line that names one. Only the command's own options are valid then.
    private struct Commands: ParsableCommand {
        static let configuration = DokuTokenRotator.configuration
    }

    private static var commandNames: [String] { configuration.subcommands.map { $0._commandName } }

    /// Exits if no command ran. Help and version go to standard output, errors to standard error.
    private static func leave(with error: any Error, _ line: CommandLineWords) -> Never {
        let isHelp = exitCode(for: error) == .success
        let text = isHelp ? HelpPage.arrange(fullMessage(for: error)) + "\n" : fullMessage(for: error)
        let message = message(for: error)
        let hint = CommandLineWords.hint(for: message, commands: commandNames)
        if line.command == "check" {
            Check.leave(saying: message + hint, help: isHelp ? text : nil, isJSON: line.asksForJSON)
        }
        guard !isHelp else {
            Console.standardOutput.write(text)
            Console.leave(ExitStatus.success.rawValue)
        }
        // Commands throw only `ExitCode`, so any error except the parser's is a bug.
        let status: ExitStatus = exitCode(for: error) == .validationFailure ? .usage : .internal
        if line.asksForJSON {
            let head = DocumentHead(line.command ?? "rotate")
            OutputOptions.deliver(head, [Problem(message + hint)], status)
        }
        Console.complain(text.replacing(message, with: message + hint, maxReplacements: 1))
        Console.leave(status.rawValue)
    }
}

extension ExitCode {
    /// The end of a command that has written all its messages.
    init(_ status: ExitStatus) { self.init(status.rawValue) }
}

/// The brands that a command selects from the configuration.
struct SelectionOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Only these brands.", completion: .custom(Self.brandNames))
    var brand: [String] = []

    @Option(help: ArgumentHelp("Only the brands of shard I of N, counted from 0.", valueName: "I/N"))
    var shard: Shard?

    /// The brands that begin with `prefix`, from the configuration that the command line names.
    @Sendable static func brandNames(_ words: [String], _: Int, _ prefix: String) -> [String] {
        let given = zip(words, words.dropFirst()).reversed().first { $0.0 == "--config" || $0.0 == "-c" }?.1
        let configuration = try? ConfigurationSource.read(ConfigurationOption.path(given: given))
        return configuration?.brands.map(\.name).filter { $0.hasPrefix(prefix) } ?? []
    }

    /// nil for all brands.
    var names: [String]? { brand.isEmpty ? nil : brand }

    func validate() throws {
        if !brand.isEmpty && shard != nil { throw ValidationError("--brand and --shard cannot be combined") }
    }
}

/// The path of the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: """
            The configuration file (default: $DOKU_TOKEN_ROTATOR_CONFIG, else /etc/doku-token-rotator/config.yaml; a \
            user other than root may have doku-token-rotator/config.yaml in $XDG_CONFIG_HOME or ~/.config).
            """,
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    var path: String { Self.path(given: config) }

    static func path(given: String?) -> String {
        given ?? location.path(exists: ConfigurationSource.exists)
    }

    static var location: ConfigurationLocation {
        ConfigurationLocation(
            isRoot: ProcessIdentity.user == 0, chosen: EnvironmentVariable.read("DOKU_TOKEN_ROTATOR_CONFIG"),
            configurationHome: EnvironmentVariable.read("XDG_CONFIG_HOME"), home: EnvironmentVariable.read("HOME"))
    }
}
