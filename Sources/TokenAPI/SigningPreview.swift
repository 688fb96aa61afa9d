// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Model

/// One signed request for display, to compare line by line with DOKU support.
package struct SigningPreview: Sendable {
    private let headers: [(name: String, value: String)]
    private let signature: RequestSignature

    /// - Parameter body: nil for a request without a body.
    package init(
        clientID: String, secret: Secret, requestID: String, timestamp: String, requestTarget: String, body: [UInt8]?
    ) {
        signature = RequestSignature(
            clientID: clientID, requestID: requestID, timestamp: timestamp, requestTarget: requestTarget, body: body,
            secret: secret)
        headers = [
            ("Client-Id", clientID), ("Request-Id", requestID), ("Request-Timestamp", timestamp),
            ("Signature", signature.header),
        ]
    }

    /// The string that was signed, and the headers to send.
    package var text: String {
        let component = String(decoding: signature.component, as: UTF8.self)
        return """
            The component string that is signed (lines joined by one LF, none at the end):
            \(component)

            The headers to send:
            \(headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))

            """
    }

    /// `digest` (null without a body), `component`, `signature`.
    package var json: String {
        struct Document: Encodable {
            let digest: String?
            let component: String
            let signature: String

            enum CodingKeys: CodingKey { case digest, component, signature }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                // Also written if null, so that readers always find the same keys.
                try container.encode(digest, forKey: .digest)
                try container.encode(component, forKey: .component)
                try container.encode(signature, forKey: .signature)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            digest: signature.digest, component: String(decoding: signature.component, as: UTF8.self),
            signature: signature.header)
        guard let data = try? encoder.encode(document) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
