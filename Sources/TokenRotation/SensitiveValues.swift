// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Synchronization

/// The secrets that a run has read, for as long as something may print them.
package final class KnownSecrets: Sendable {
    private let secrets = Mutex<[Secret]>([])

    func note(_ secret: Secret) { secrets.withLock { $0.append(secret) } }

    var all: [Secret] { secrets.withLock { $0 } }
}

/// Every secret and every token that a program of this user may come by: those that the run has read, and those that
/// stand in files now, of brands that were not due as well. Commands are not run for it.
struct SensitiveValues {
    let configuration: Configuration
    let known: KnownSecrets
    let watch: DiskWatch

    func hide(in redaction: inout OutputRedaction) {
        for secret in known.all { secret.withBytes { redaction.hide($0) } }
        let reader = SecretReader(for: [])
        let survey = OutputSurvey(directories: OutputDirectories(use: .reading, watch: watch), accounts: Accounts())
        if let ping = configuration.report.ping { hide(ping.url, reader, &redaction) }
        for brand in configuration.brands {
            hide(brand.secret, reader, &redaction)
            for output in brand.outputs {
                if case .token(let token) = survey.survey(output, brand: brand).state { Self.hide(token, &redaction) }
            }
        }
        for snippet in configuration.snippets {
            for token in survey.survey(snippet).tokens.values { Self.hide(token, &redaction) }
        }
    }

    private func hide(_ source: SecretSource, _ reader: SecretReader, _ redaction: inout OutputRedaction) {
        switch source {
        case .file, .credential, .value:
            if let secret = try? reader.secret(from: source, watch: watch) { secret.withBytes { redaction.hide($0) } }
        // What the environment had is known; a command is run for a brand that is due, and then known as well.
        case .environment, .command: break
        }
    }

    private static func hide(_ token: Token, _ redaction: inout OutputRedaction) {
        redaction.hide(Array(token.text.utf8).span)
    }
}
