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

    @OptionGroup var output: OutputOptions

    @Argument(help: "The same as --config FILE.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    func validate() throws {
        if file != nil && configuration.config != nil {
            throw ValidationError("--config cannot be combined with the argument '\(file ?? "")'")
        }
    }

    func run() throws {
        let path = file ?? configuration.path
        var head = DocumentHead("validate", configuration: path)
        do {
            head.endpoint = try ConfigurationSource.read(path).endpoint.url
        } catch {
            throw output.failure(head, ConfigurationSource.problems(error, in: path), .configuration)
        }
        let success = ExitStatus.success
        Console.deliver { write in
            guard output.isJSON else { return write("\(path): valid\n") }
            JSONText.writeDocument(head, exit: (success.rawValue, success.meaning(of: .configuration)), to: write)
        }
    }
}
