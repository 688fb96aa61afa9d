// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Secrets
package import TokenAPI

extension SigningPreview {
    /// - Parameters:
    ///   - secretFile: one trailing newline is not part of the secret.
    ///   - bodyFile: nil for a request without a body.
    /// - Throws: an error with the path of the file that could not be read.
    package init(
        clientID: String, secretFile: String, requestID: String, timestamp: String, requestTarget: String,
        bodyFile: String?
    ) throws(SampleError) {
        let secret: Secret
        var body: [UInt8]?
        do {
            secret = try SecretReader().secret(from: .file(path: secretFile))
            body = try bodyFile.map { try InputFile(path: $0).read(maximumSize: 1 << 20) }
        } catch let failure as BrandFailure {
            throw SampleError(description: failure.message)
        } catch {
            throw SampleError(description: "\(error)")
        }
        self.init(
            clientID: clientID, secret: secret, requestID: requestID, timestamp: timestamp,
            requestTarget: requestTarget, body: body)
    }
}

/// Why the preview could not be created.
package struct SampleError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
