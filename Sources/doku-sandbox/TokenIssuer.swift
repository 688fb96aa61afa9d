// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Synchronization

/// Issues the tokens: RS256 JSON Web Tokens with the same claims as DOKU's. The key is created at the start.
final class TokenIssuer: Sendable {
    let publicKeyPEM: String
    private let signers: [Signer]
    private let turn = Atomic<UInt>(0)

    init() {
        let key = RSAKey()
        publicKeyPEM = Self.pem(key.publicEncoding)
        let encoding = key.privateEncoding
        signers = (0..<max(1, ProcessInfo.processInfo.activeProcessorCount)).map { _ in
            Signer(privateEncoding: encoding)
        }
    }

    /// A unique token. The times are seconds since 1970.
    func token(clientID: String, issuedAt: Int, expiresAt: Int, padding: String? = nil) async -> String {
        let claims = Claims(
            exp: expiresAt, iat: issuedAt, jti: UUID().uuidString.lowercased(), padding: padding, sub: "payload",
            user: .init(businessServiceClientId: clientID))
        let signed = Self.base64URL(Array(#"{"alg":"RS256"}"#.utf8)) + "." + Self.base64URL(JSON.bytes(claims))
        let signer = signers[Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(signers.count))]
        return signed + "." + Self.base64URL(await signer.signature(of: Array(signed.utf8)))
    }

    /// The textual encoding of a public key (RFC 7468, section 13).
    private static func pem(_ encoding: [UInt8]) -> String {
        let lines = Data(encoding).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN PUBLIC KEY-----\n\(lines)\n-----END PUBLIC KEY-----\n"
    }

    private struct Claims: Encodable {
        struct User: Encodable {
            let businessServiceClientId: String
        }
        let exp: Int
        let iat: Int
        let jti: String
        let padding: String?
        let sub: String
        let user: User
    }

    /// Base64 for URLs without padding (RFC 7515, section 2).
    private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
