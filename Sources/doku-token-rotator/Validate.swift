// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Settings

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and show every problem.",
        discussion:
            "Reads only the file: no secret, no output, no network. Exits with 0, or with 78 if the configuration is invalid."
    )

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: ArgumentHelp("The format of standard output: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    func run() throws {
        let problems = ConfigurationSource.problems(in: configuration.path)
        let status = problems.isEmpty ? ExitStatus.success : .configuration
        if output == .json {
            Console.deliver(problems: problems, status: status, about: .configuration)
        } else if problems.isEmpty {
            Console.deliver { $0("\(configuration.path): valid\n") }
        } else {
            for problem in problems { Console.complain(problem) }
        }
        throw ExitCode(status)
    }
}
