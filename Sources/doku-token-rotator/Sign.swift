// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Doctor
internal import Model
internal import TokenAPI

struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the headers of one request, for a comparison with DOKU's support.",
        discussion: "Sends no request and never prints the secret.")

    @Option(help: "The brand's Client-Id.")
    var clientID: String

    @Option(help: "A file with the secret. One trailing newline is ignored.", completion: .file())
    var secretFile: String

    @Option(help: "The Request-Id.")
    var requestID: String

    @Option(help: "The Request-Timestamp: UTC, whole seconds, 2026-11-22T09:30:00Z (default: now).")
    var timestamp: String?

    @Option(help: "The path of the request.")
    var requestTarget = "/adv-core-api/partner/v1.0/token"

    @Option(help: "A file with the exact bytes of the body (default: no body, no digest).", completion: .file())
    var bodyFile: String?

    @Option(help: ArgumentHelp("The format of standard output: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    func validate() throws {
        for (name, value) in [("client-id", clientID), ("request-id", requestID), ("request-target", requestTarget)] {
            guard !value.isEmpty, VisibleText.isVisibleASCII(value) else {
                throw ValidationError("--\(name) must be visible ASCII characters without spaces")
            }
        }
        guard requestID.utf8.count <= 128 else {
            throw ValidationError("--request-id must have at most 128 characters")
        }
        guard requestTarget.hasPrefix("/"), !requestTarget.hasPrefix("//") else {
            throw ValidationError("--request-target must be a path that begins with one slash, not a URL")
        }
        if let timestamp, Timestamp(timestamp) == nil {
            throw ValidationError("--timestamp must be UTC with whole seconds, such as 2026-11-22T09:30:00Z")
        }
    }

    func run() throws {
        let sample: SigningPreview
        do {
            sample = try SigningPreview(
                clientID: clientID, secretFile: secretFile, requestID: requestID,
                timestamp: timestamp ?? Timestamp.now.description, requestTarget: requestTarget, bodyFile: bodyFile)
        } catch {
            if output == .json { Console.deliver(problems: ["\(error)"], status: .usage) }
            Console.complain("\(error)")
            throw ExitCode(.usage)
        }
        try Console.deliver(output == .json ? sample.json : sample.text)
    }
}
