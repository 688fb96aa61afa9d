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
        self.init(
            clientID: clientID, requestID: requestID, timestampName: timestampName, timestamp: timestamp,
            requestTarget: requestTarget, digest: body.map(RequestBody.digest), secret: secret)
    }

    /// - Parameter digest: of the body.
    init(
        clientID: String, requestID: String, timestampName: String = "Request-Timestamp", timestamp: String,
        requestTarget: String, digest: String?, secret: Secret
    ) {
        var component: [UInt8] = []
        component.reserveCapacity(256)
        component += "Client-Id:".utf8
        component += clientID.utf8
        component += "\nRequest-Id:".utf8
        component += requestID.utf8
        component += "\n".utf8
        component += timestampName.utf8
        component += ":".utf8
        component += timestamp.utf8
        component += "\nRequest-Target:".utf8
        component += requestTarget.utf8
        if let digest {
            component += "\nDigest:".utf8
            component += digest.utf8
        }
        self.digest = digest
        self.component = component
        header = Self.scheme + Data(secret.authenticationCode(for: component)).base64EncodedString()
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
