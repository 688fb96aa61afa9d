// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Processes
internal import Publishing
internal import Secrets

/// All secrets and tokens that a hook may print: those that the run has read, and those that files hold now.
///
/// It reads the files of all brands, due or not. It does not run commands.
struct SensitiveValues {
    let run: RotationRun
    let known: RedactionSet

    /// - Returns: false if a signal stopped the search. The output may then still hold sensitive values.
    func hide(in redaction: inout OutputRedaction) -> Bool {
        let secrets = SecretReader()
        let directories = OutputDirectories(reading: run.directories)
        let (configuration, stop) = (run.configuration, run.stop)
        let brands = configuration.brands
        // If a disk does not respond, the hook cannot read it either.
        let found = run.pool.map(
            brands.count, within: configuration.patience, onCancel: { stop.onSignal($0) }
        ) { index in
            Self.secrets(brands[index].secret, secrets, directories)
                + brands[index].outputs.compactMap { output in
                    guard case .token(let token) = directories.read(output, of: brands[index]).state else { return nil }
                    return Self.secret(token)
                }
        }
        let shared = run.pool.map(
            configuration.snippets.count + 1, within: configuration.patience, onCancel: { stop.onSignal($0) }
        ) { index -> [Secret] in
            guard index < configuration.snippets.count else {
                return configuration.report.ping.map { Self.secrets($0.url, secrets, directories) } ?? []
            }
            let file = SnippetFile(configuration.snippets[index], in: directories, collision: nil)
            file.read()
            return file.tokens.map(Self.secret)
        }
        for secret in known.all + (found + shared).compactMap(\.self).joined() {
            secret.withBytes { redaction.hide($0) }
        }
        return !stop.isBySignal
    }

    private static func secrets(_ source: SecretSource, _ reader: SecretReader, _ directories: OutputDirectories)
        -> [Secret]
    {
        switch source {
        case .file, .credential, .value:
            (try? reader.secret(from: source, isHanging: directories.isHanging)).map { [$0] } ?? []
        // `known` holds these already. A command runs only for a brand that is due.
        case .environment, .command: []
        }
    }

    private static func secret(_ token: Token) -> Secret { Secret(Array(token.text.utf8)) }
}
