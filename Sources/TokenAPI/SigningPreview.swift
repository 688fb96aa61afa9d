// SPDX-License-Identifier: Apache-2.0

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
        let component = String(decoding: signature.component, as: UTF8.self)
        var text = ""
        JSONText.writeDocument(
            ["component": component, "digest": signature.digest, "signature": signature.header], lists: [:]
        ) { text += $0 }
        return text
    }
}
