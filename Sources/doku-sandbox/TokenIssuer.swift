// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import FoundationEssentials

/// Issues the tokens: RS256 JSON Web Tokens with the same claims as DOKU's. The key is created at the start.
@safe
actor TokenIssuer {
    /// Of 2048 bits. It lives as long as the process.
    private let key: OpaquePointer

    init() {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var fresh: OpaquePointer?
        let done =
            unsafe EVP_PKEY_keygen_init(context) == 1
            && EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1
            && EVP_PKEY_generate(context, &fresh) == 1
        guard done, let fresh = unsafe fresh else { preconditionFailure("libcrypto cannot generate an RSA key") }
        unsafe key = fresh
    }

    /// The textual encoding of the public key (RFC 7468, section 13).
    var publicKeyPEM: String {
        let encoding = unsafe [UInt8](unsafeUninitializedCapacity: Int(i2d_PUBKEY(key, nil))) { buffer, used in
            var end = buffer.baseAddress
            used = Int(unsafe i2d_PUBKEY(key, &end))
        }
        let lines = Data(encoding).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN PUBLIC KEY-----\n\(lines)\n-----END PUBLIC KEY-----\n"
    }

    /// A unique token. The times are seconds since 1970.
    func token(clientID: String, issuedAt: Int, expiresAt: Int, padding: String? = nil) -> String {
        struct Claims: Encodable {
            let exp: Int
            let iat: Int
            let jti = UUID().uuidString.lowercased()
            let padding: String?
            let sub = "payload"
            let user: [String: String]
        }
        let claims = Claims(
            exp: expiresAt, iat: issuedAt, padding: padding, user: ["businessServiceClientId": clientID])
        let signed = [Data(#"{"alg":"RS256"}"#.utf8), JSON.bytes(claims)].map(Self.base64URL).joined(separator: ".")
        return signed + "." + Self.base64URL(signature(of: Array(signed.utf8)))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, the RS256 of RFC 7518.
    private func signature(of message: [UInt8]) -> Data {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
        var length = signature.count
        let done =
            unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        precondition(done && length == signature.count, "libcrypto cannot sign")
        return Data(signature)
    }

    /// Base64 for URLs without padding (RFC 7515, section 2).
    private static func base64URL(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
