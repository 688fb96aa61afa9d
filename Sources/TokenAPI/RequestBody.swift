// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FoundationEssentials
internal import Model

/// The body of a token request, with its digest.
package struct RequestBody: Sendable {
    /// The bytes that are signed and sent.
    package let bytes: [UInt8]
    /// Base64 of the SHA-256 of the bytes.
    package let digest: String

    /// - Parameter validTime: the lifetime to request, in whole minutes; nil requests none.
    package init(validTime: Duration?) {
        // `valid_time` is a string of minutes (DOKU, Generate Token).
        let minutes = validTime.map { ",\"valid_time\":\"\($0.components.seconds / 60)\"" } ?? ""
        bytes = Array("{\"grant_type\":\"client_credentials\"\(minutes)}".utf8)
        digest = Self.digest(of: bytes)
    }

    static func digest(of bytes: [UInt8]) -> String { Data(SHA256.digest(of: bytes)).base64EncodedString() }
}
