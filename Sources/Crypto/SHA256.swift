// SPDX-License-Identifier: Apache-2.0
// The module Crypto: SHA-256 and HMAC by libcrypto.

internal import COpenSSL

/// SHA-256 and HMAC-SHA256, by libcrypto.
package enum SHA256 {
    /// Bytes in a digest and in an authentication code (FIPS 180-4).
    package static let byteCount = 32

    package static func digest(of message: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
            unsafe message.withUnsafeBufferPointer { bytes in
                _ = unsafe EVP_Digest(
                    bytes.baseAddress, bytes.count, digest.baseAddress, nil, openssl_sha256(), nil)
            }
            count = byteCount
        }
    }

    /// HMAC-SHA256 (RFC 2104) of `message` under `key`, which may be empty: 32 bytes.
    package static func authenticationCode(for message: [UInt8], key: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { code, count in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe message.withUnsafeBufferPointer { bytes in
                    let isDone = unsafe openssl_hmac_sha256(
                        key.baseAddress, key.count, bytes.baseAddress, bytes.count, code.baseAddress)
                    // Never return bytes that were not computed.
                    precondition(isDone == 1, "libcrypto has no HMAC-SHA256")
                }
            }
            count = byteCount
        }
    }

    /// Compares in a time that depends on the lengths only.
    package static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { a in
            unsafe right.withUnsafeBytes { b in
                unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
            }
        }
    }
}
