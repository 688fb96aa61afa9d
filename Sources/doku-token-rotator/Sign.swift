// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Doctor
internal import Model
internal import Rotation
internal import Settings
internal import TokenAPI

struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the headers of one request, for a comparison with DOKU's support.",
        discussion: """
            Signs the request that a run would send for a brand of the configuration (--brand), or a request whose \
            parts are all given. Sends no request and never prints the secret. Exits with 0, with 64 if the command \
            line is wrong, and with 78 if the configuration, the secret or the body cannot be used.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Option(
        help: "Sign as this brand: its Client-Id, secret, path and body.",
        completion: .custom(SelectionOptions.brandNames))
    var brand: String?

    @Option(help: "The Client-Id, without --brand.")
    var clientID: String?

    @Option(
        help:
            "A file with the secret, with --brand instead of the brand's own source. One trailing newline is ignored.",
        completion: .file())
    var secretFile: String?

    @Option(help: "The Request-Id (default with --brand: random).")
    var requestID: String?

    @Option(help: "The Request-Timestamp: UTC, whole seconds, 2026-11-22T09:30:00Z (default: now).")
    var timestamp: String?

    @Option(help: "The path of the request (default without --brand: /adv-core-api/partner/v1.0/token).")
    var requestTarget: String?

    @Option(
        help: "A file with the exact bytes of the body (default without --brand: no body, no digest).",
        completion: .file())
    var bodyFile: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value) in [("client-id", clientID), ("request-id", requestID), ("request-target", requestTarget)] {
            guard let value, value.isEmpty || !VisibleText.isVisibleASCII(value) else { continue }
            throw ValidationError("--\(name) must be visible ASCII characters without spaces")
        }
        if let requestID, requestID.utf8.count > 128 {
            throw ValidationError("--request-id must have at most 128 characters")
        }
        if let requestTarget, !requestTarget.hasPrefix("/") || requestTarget.hasPrefix("//") {
            throw ValidationError("--request-target must be a path that begins with one slash, not a URL")
        }
        if let timestamp, Timestamp(timestamp) == nil {
            throw ValidationError("--timestamp must be UTC with whole seconds, such as 2026-11-22T09:30:00Z")
        }
        let byHand = [clientID, requestTarget, bodyFile]
        if brand != nil, byHand.contains(where: { $0 != nil }) {
            throw ValidationError("--brand cannot be combined with --client-id, --request-target or --body-file")
        }
        if brand == nil, configuration.config != nil || clientID == nil || secretFile == nil || requestID == nil {
            throw ValidationError(
                "sign needs --brand and perhaps --config, or else --client-id, --secret-file and --request-id")
        }
    }

    func run() throws {
        var head = DocumentHead("sign", configuration: brand == nil ? nil : configuration.path)
        let preview: SigningPreview
        do {
            preview = try signed(&head)
        } catch let error as InvalidSelection {
            throw output.failure(head, [Problem(error.message)], .usage)
        } catch let failure as BrandFailure {
            let words = [brand, failure.code.text, failure.message].compactMap(\.self).joined(separator: ": ")
            throw output.failure(head, [Problem(words)], .configuration)
        } catch let error as UnreadableBody {
            throw output.failure(head, [Problem(error.message)], .configuration)
        } catch {
            throw output.failure(
                head, ConfigurationSource.problems(error, in: configuration.path), .configuration)
        }
        try Console.deliver(output.isJSON ? preview.json(head) : preview.text)
    }

    private func signed(_ head: inout DocumentHead) throws -> SigningPreview {
        let requestID = requestID ?? RandomIdentifier.make()
        let timestamp = timestamp ?? Timestamp.now.description
        guard let brand else {
            return try SigningPreview(
                clientID: clientID ?? "", secretFile: secretFile ?? "", requestID: requestID, timestamp: timestamp,
                requestTarget: requestTarget ?? "/adv-core-api/partner/v1.0/token", bodyFile: bodyFile)
        }
        let settings = try ConfigurationSource.read(configuration.path)
        head.endpoint = settings.endpoint.url
        let stop = Cancellation()
        let signals = StopSignals(stop)
        defer { withExtendedLifetime(signals) {} }
        return try SigningPreview(
            brand: brand, of: settings, secretFile: secretFile, requestID: requestID, timestamp: timestamp, stop: stop,
            warn: { Console.complain("warning: \($0)") })
    }
}
