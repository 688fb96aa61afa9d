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
        discussion: """
            Reads a YAML list of brands and requests a token for each brand that is due. Publishes the tokens to \
            files. The exit status is made for monitoring.

            \(exitStatusHelp)
            """,
        version: ProgramVersion.text,
        subcommands: [
            Rotate.self, Init.self, Check.self, Status.self, Doctor.self, Validate.self, Sign.self, Schema.self,
        ],
        defaultSubcommand: Rotate.self)

    /// The table of the exit statuses.
    static var exitStatusHelp: String {
        let rows = ExitStatus.allCases.map { status in
            let code = "\(status.rawValue)"
            return "  " + code + String(repeating: " ", count: 5 - code.count) + "\(status.meaning) (\(status.advice))"
        }
        return "EXIT STATUS:\n" + rows.joined(separator: "\n")
    }

    static func main() {
        ProcessHardening.apply()
        // This variable makes libcurl write the keys of every TLS connection to a file.
        EnvironmentVariable.unset("SSLKEYLOGFILE")
        guard !CommandLine.arguments.isEmpty else {
            // Swift reads the arguments there. Without them, a dry run would become a real run.
            Console.complain("cannot read the arguments: /proc is not mounted; mount it (MountAPIVFS=yes in a unit)")
            Console.leave(ExitStatus.internal.rawValue)
        }
        do {
            var command = try parseAsRoot()
            try command.run()
            Console.leave(ExitStatus.success.rawValue)
        } catch let end as ExitCode {
            Console.leave(end.rawValue)
        } catch {
            leave(with: error)
        }
    }

    /// Exits if no command ran. Help and version go to standard output, errors to standard error.
    private static func leave(with error: any Error) -> Never {
        if Check.isAskedFor {
            let isHelp = exitCode(for: error) == .success
            Check.leave(saying: message(for: error), help: isHelp ? fullMessage(for: error) + "\n" : nil)
        }
        guard exitCode(for: error) != .success else {
            Console.standardOutput.write(fullMessage(for: error) + "\n")
            Console.leave(ExitStatus.success.rawValue)
        }
        // Commands throw only `ExitCode`, so any error except the parser's is a bug.
        let status: ExitStatus = exitCode(for: error) == .validationFailure ? .usage : .internal
        if asksForJSON { Console.deliver(problems: [message(for: error)], status: status) }
        Console.complain(fullMessage(for: error))
        Console.leave(status.rawValue)
    }

    /// Whether the arguments, valid or not, ask for a JSON document.
    private static var asksForJSON: Bool {
        let arguments = CommandLine.arguments
        return zip(arguments, arguments.dropFirst()).contains { $0 == "--output" && $1 == "json" }
            || arguments.contains("--output=json")
    }
}

extension ExitCode {
    /// The end of a command that has written all its messages.
    init(_ status: ExitStatus) { self.init(status.rawValue) }
}

/// The format of standard output.
enum OutputKind: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}

/// The brands that a command selects from the configuration.
struct SelectionOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Only these brands.", completion: .custom(Self.brandNames))
    var brand: [String] = []

    @Option(help: ArgumentHelp("Only the brands of shard I of N, counted from 0.", valueName: "I/N"))
    var shard: Shard?

    /// The brands that begin with `prefix`, from the configuration that the command line names.
    @Sendable private static func brandNames(_ words: [String], _: Int, _ prefix: String) -> [String] {
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
