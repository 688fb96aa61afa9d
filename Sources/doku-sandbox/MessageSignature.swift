// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import FoundationEssentials

/// DOKU's signature of a request or a response, computed from the bytes on the wire.
enum MessageSignature {
    /// The value of the Signature header.
    /// - Parameters:
    ///   - timestampName: requests and responses use different headers.
    ///   - target: the path without the query.
    static func header(
        clientID: String, requestID: String, timestampName: String, timestamp: String, target: String, body: Data,
        secret: String
    ) -> String {
        let component = """
            Client-Id:\(clientID)
            Request-Id:\(requestID)
            \(timestampName):\(timestamp)
            Request-Target:\(target)
            Digest:\(Data(digest(Array(body))).base64EncodedString())
            """
        let code = authenticationCode(Array(component.utf8), key: Array(secret.utf8))
        return "HMACSHA256=" + Data(code).base64EncodedString()
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
