// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
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
    let stop: StopRequest

    /// - Returns: false where a stop came before all were found: what was printed may hold others.
    func hide(in redaction: inout OutputRedaction) -> Bool {
        let reader = SecretReader(for: [])
        let survey = OutputSurvey(
            directories: OutputDirectories(use: .reading, watch: watch), accounts: Accounts())
        let (configuration, watch) = (configuration, watch)
        let brands = configuration.brands
        let places = brands.count + configuration.snippets.count
        // What stands on a disk that hangs is out of that program's reach as well.
        let found = PatientWalk.run(
            places + 1, watch, stop: stop, isForSignals: true, into: [Secret](),
            work: { index -> [Secret] in
                if index < brands.count {
                    return Self.secrets(brands[index].secret, reader, watch)
                        + brands[index].outputs.compactMap { output in
                            guard case .token(let token) = survey.survey(output, brand: brands[index]).state else {
                                return nil
                            }
                            return Self.secret(token)
                        }
                }
                if index < places {
                    return survey.survey(configuration.snippets[index - brands.count]).tokens.values.map(Self.secret)
                }
                return configuration.report.ping.map { Self.secrets($0.url, reader, watch) } ?? []
            },
            failing: { _, _ in [] },
            add: { found, _, values in found += values })
        for secret in known.all + found { secret.withBytes { redaction.hide($0) } }
        return !stop.isBySignal
    }

    private static func secrets(_ source: SecretSource, _ reader: SecretReader, _ watch: DiskWatch) -> [Secret] {
        switch source {
        case .file, .credential, .value: (try? reader.secret(from: source, watch: watch)).map { [$0] } ?? []
        // What the environment had is known; a command is run for a brand that is due, and then known as well.
        case .environment, .command: []
        }
    }

    private static func secret(_ token: Token) -> Secret { Secret(Array(token.text.utf8)) }
}
