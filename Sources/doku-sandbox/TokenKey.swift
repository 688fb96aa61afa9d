// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import FoundationEssentials

/// An RSA key of libcrypto. The owner frees it.
@safe
struct RSAKey: ~Copyable {
    private let key: OpaquePointer

    /// Generates a key of 2048 bits in a fraction of a second.
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

    /// Decodes a `privateEncoding` (PKCS #8 or PKCS #1).
    init(privateEncoding: [UInt8]) {
        let decoded = unsafe privateEncoding.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, bytes.count)
        }
        guard let decoded = unsafe decoded else { preconditionFailure("libcrypto cannot decode its own key") }
        unsafe key = decoded
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    var privateEncoding: [UInt8] { unsafe Self.encoding { unsafe i2d_PrivateKey(key, $0) } }

    /// The SubjectPublicKeyInfo of RFC 5280.
    var publicEncoding: [UInt8] { unsafe Self.encoding { unsafe i2d_PUBKEY(key, $0) } }

    /// RSASSA-PKCS1-v1_5 with SHA-256, the RS256 of RFC 7518.
    func signature(of message: [UInt8]) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
        var length = signature.count
        let done =
            unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        precondition(done && length == signature.count, "libcrypto cannot sign")
        return signature
    }

    private static func encoding(
        _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> [UInt8] {
        let count = Int(encode(nil))
        precondition(count > 0, "libcrypto cannot encode its own key")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var end = buffer.baseAddress
            used = Int(unsafe encode(&end))
        }
    }
}

/// Signs with its own copy of the key. Several signers work in parallel.
actor Signer {
    private let key: RSAKey

    init(privateEncoding: [UInt8]) {
        key = RSAKey(privateEncoding: privateEncoding)
    }

    /// The RS256 signature of a message. Takes about a millisecond.
    func signature(of message: [UInt8]) -> [UInt8] {
        key.signature(of: message)
    }
}
