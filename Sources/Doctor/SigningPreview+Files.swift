// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import Secrets
package import TokenAPI

extension SigningPreview {
    /// A request whose parts are all given.
    /// - Parameters:
    ///   - secretFile: one trailing newline is not part of the secret.
    ///   - bodyFile: nil for a request without a body.
    /// - Throws: `BrandFailure` if the secret cannot be read, ``UnreadableBody``.
    package init(
        clientID: String, secretFile: String, requestID: String, timestamp: String, requestTarget: String,
        bodyFile: String?
    ) throws {
        let secret = try SecretReader().secret(from: .file(path: secretFile))
        let body = try bodyFile.map { path in
            do throws(FileError) {
                return try InputFile(path: path).read(maximumSize: 1 << 20)
            } catch {
                throw UnreadableBody(message: "\(error)")
            }
        }
        self.init(
            clientID: clientID, secret: secret, requestID: requestID, timestamp: timestamp,
            requestTarget: requestTarget, body: body)
    }

    /// The request that a run would send for a brand.
    /// - Parameters:
    ///   - secretFile: replaces the source of the brand's secret.
    ///   - warn: takes a sentence about a secret that is not as safe as it should be.
    /// - Throws: `InvalidSelection` if there is no such brand, `BrandFailure` if its secret cannot be read.
    package init(
        brand name: String, of configuration: Configuration, secretFile: String?, requestID: String,
        timestamp: String, stop: Cancellation, warn: (String) -> Void
    ) throws {
        let brand = try Selection(of: configuration, names: [name], shard: nil).brands[0]
        let source = secretFile.map(SecretSource.file) ?? brand.secret
        let reader = SecretReader(taking: Set([source.variable].compactMap(\.self)))
        if case .credential(let name) = source, reader.isOnlyInService(source) {
            // The shipped unit passes on the file secrets/NAME as secrets_NAME.
            let file = name.hasPrefix("secrets_") ? String(name.dropFirst(8)) : name
            throw BrandFailure(
                .secretUnreadable,
                "the credential \(name) exists inside the service only; name its file, as in "
                    + "--secret-file /etc/doku-token-rotator/secrets/\(file)")
        }
        let secret = try reader.secret(from: source, isCancelled: { stop.reason != nil })
        reader.warnings.forEach(warn)
        self.init(
            for: brand, secret: secret, configuration: configuration, requestID: requestID, timestamp: timestamp)
    }
}

/// Why the file with the body cannot be read.
package struct UnreadableBody: Error, Sendable {
    package let message: String
}
