// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FoundationEssentials
package import Model

/// DOKU's signature of a request or response.
///
/// It works on bytes, because two strings that are equal in Swift can differ on the wire. The component string consists
/// of `Name:value` lines, joined by one LF, without a final LF.
package struct RequestSignature: Sendable {
    /// Base64 of the SHA-256 of the body; nil if there is no body.
    package let digest: String?
    /// The bytes that were signed.
    package let component: [UInt8]
    /// The `Signature` header: `HMACSHA256=` and padded standard base64.
    package let header: String

    /// The text before the base64 in the header.
    package static let scheme = "HMACSHA256="

    /// - Parameters:
    ///   - timestampName: `Request-Timestamp`, or `Response-Timestamp` for a response.
    ///   - requestTarget: the path alone.
    ///   - body: nil if the message has no body (a GET); then there is no digest line.
    package init(
        clientID: String, requestID: String, timestampName: String = "Request-Timestamp", timestamp: String,
        requestTarget: String, body: [UInt8]?, secret: Secret
    ) {
        digest = body.map { Data(SHA256.digest(of: $0)).base64EncodedString() }
        var component =
            "Client-Id:\(clientID)\nRequest-Id:\(requestID)\n\(timestampName):\(timestamp)\nRequest-Target:\(requestTarget)"
        if let digest {
            component += "\nDigest:\(digest)"
        }
        self.component = Array(component.utf8)
        header = Self.scheme + Data(secret.authenticationCode(for: self.component)).base64EncodedString()
    }

    /// Whether `other`, a header from the network, has this signature. The comparison takes constant time.
    package func matches(_ other: String) -> Bool {
        guard other.hasPrefix(Self.scheme),
            let theirs = Data(base64Encoded: String(other.dropFirst(Self.scheme.count))),
            let ours = Data(base64Encoded: String(header.dropFirst(Self.scheme.count)))
        else { return false }
        return SHA256.constantTimeEqual([UInt8](theirs), [UInt8](ours))
    }
}
