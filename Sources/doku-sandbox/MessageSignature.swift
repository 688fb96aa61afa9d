// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import FoundationEssentials

/// DOKU's signature of a request or an answer, worked out from nothing but the bytes on the wire.
struct MessageSignature {
    /// Which of the two it is: they differ in the name of the timestamp.
    enum Direction: String {
        case request = "Request-Timestamp"
        case answer = "Response-Timestamp"
    }

    let direction: Direction
    let clientID: String
    let requestID: String
    let timestamp: String
    /// The path, without query.
    let target: String
    let body: Data

    /// The value of the Signature header under this secret.
    func headerValue(secret: String) -> String {
        let lines = [
            "Client-Id:" + clientID,
            "Request-Id:" + requestID,
            direction.rawValue + ":" + timestamp,
            "Request-Target:" + target,
            "Digest:" + Data(Self.digest(Array(body))).base64EncodedString(),
        ]
        let code = Self.authenticationCode(Array(lines.joined(separator: "\n").utf8), key: Array(secret.utf8))
        return "HMACSHA256=" + Data(code).base64EncodedString()
    }

    /// Whether `header` is the signature under this secret, in a time that does not tell how much of it is right.
    func matches(_ header: String, secret: String) -> Bool {
        let expected = Array(headerValue(secret: secret).utf8)
        let given = Array(header.utf8)
        guard expected.count == given.count else { return false }
        return unsafe expected.withUnsafeBytes { expected in
            unsafe given.withUnsafeBytes { given in
                unsafe CRYPTO_memcmp(expected.baseAddress, given.baseAddress, expected.count) == 0
            }
        }
    }

    private static func digest(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length = digest.count
        let done = unsafe EVP_Q_digest(nil, "SHA256", nil, message, message.count, &digest, &length)
        precondition(done == 1 && length == digest.count, "libcrypto without SHA-256")
        return digest
    }

    private static func authenticationCode(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let capacity = code.count
        var length = 0
        let done = unsafe EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, capacity, &length)
        precondition(unsafe done != nil && length == capacity, "libcrypto without HMAC-SHA256")
        return code
    }
}
