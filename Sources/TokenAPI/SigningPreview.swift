// SPDX-License-Identifier: Apache-2.0

package import Model

/// One signed request for display, to compare line by line with DOKU support.
package struct SigningPreview: Sendable {
    private let headers: [(name: String, value: String)]
    private let signature: RequestSignature
    /// The body, if no file has it.
    private var body: String?

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

    /// The request for a token of a brand, as a run sends it.
    package init(
        for brand: Brand, secret: Secret, configuration: Configuration, requestID: String, timestamp: String
    ) {
        let body = PartnerTokenClient.body(for: brand)
        self.init(
            clientID: brand.clientID, secret: secret, requestID: requestID, timestamp: timestamp,
            requestTarget: configuration.endpoint.requestTarget, body: body)
        self.body = String(decoding: body, as: UTF8.self)
    }

    /// The string that was signed, and the headers to send.
    package var text: String {
        let component = String(decoding: signature.component, as: UTF8.self)
        return """
            The component string that is signed (lines joined by one LF, none at the end):
            \(component)

            The headers to send:
            \(headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))
            \(body.map { "\nThe body to send (no newline at the end):\n\($0)\n" } ?? "")
            """
    }

    /// The headers and what they were made of. `digest` is null without a body, `body` if it was read from a file.
    package func json(_ head: DocumentHead) -> String {
        let component = String(decoding: signature.component, as: UTF8.self)
        var text = ""
        let exit = ExitStatus.success
        let members: KeyValuePairs<String, any JSONValue> = [
            "headers": headers.map { ["name": $0.name, "value": $0.value] as JSONObject }, "component": component,
            "digest": signature.digest, "signature": signature.header, "body": body,
        ]
        JSONText.writeDocument(head, exit: (exit.rawValue, exit.meaning(of: .signature)), members) { text += $0 }
        return text
    }
}
