// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Synchronization

/// Makes the tokens: RS256 JSON Web Tokens of the claims that DOKU's have, signed by a key made at start.
final class TokenIssuer: Sendable {
    /// The public half of the key.
    let publicKeyPEM: String
    private let lanes: [SigningLane]
    private let turn = Atomic<UInt>(0)

    init() {
        let key = RSAKey()
        publicKeyPEM = Self.pem(key.publicEncoding)
        let encoding = key.privateEncoding
        lanes = (0..<max(1, ProcessInfo.processInfo.activeProcessorCount)).map { _ in
            SigningLane(privateEncoding: encoding)
        }
    }

    /// A token that no other is equal to. The times are seconds since 1970.
    func token(clientID: String, issuedAt: Int, expiresAt: Int, padding: String? = nil) async -> String {
        let claims = Claims(
            exp: expiresAt, iat: issuedAt, jti: UUID().uuidString.lowercased(), padding: padding, sub: "payload",
            user: .init(businessServiceClientId: clientID))
        let signed = Self.base64URL(Array(#"{"alg":"RS256"}"#.utf8)) + "." + Self.base64URL(JSON.bytes(claims))
        let lane = lanes[Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(lanes.count))]
        return signed + "." + Self.base64URL(await lane.signature(of: Array(signed.utf8)))
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

    /// Base64 with the alphabet for URLs and no padding (RFC 7515, section 2).
    private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        let standard = Data(bytes).base64EncodedString().utf8
        let translated = standard.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: translated, as: UTF8.self)
    }
}

/// How the sandbox writes JSON: keys in order, slashes as they are.
enum JSON {
    static func bytes(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing encoded here can fail: strings, integers and null.
        return (try? encoder.encode(value)) ?? Data()
    }
}
