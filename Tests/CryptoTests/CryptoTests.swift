// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@Suite struct CryptoTests {
    /// FIPS 180-2, appendix B, and the empty message of NIST's example values.
    @Test(
        "SHA-256 gives the digests of FIPS 180",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func digest(message: String, expected: String) {
        #expect(hexadecimal(SHA256.digest(of: Array(message.utf8))) == expected)
    }

    /// RFC 4231, test cases 1 to 4, 6 and 7 (5 is about truncation).
    @Test(
        "HMAC-SHA256 gives the codes of RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](1...25), [UInt8](repeating: 0xcd, count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array(
                    ("This is a test using a larger than block-size key and a larger than block-size data. "
                        + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func authenticationCode(key: [UInt8], message: [UInt8], expected: String) {
        let code = WipedBytes(key).withBytes { SHA256.authenticationCode(for: message, key: $0) }
        #expect(hexadecimal(code) == expected)
    }

    @Test("an empty key is not the key of the call before")
    func emptyKey() {
        _ = WipedBytes(Array("another".utf8)).withBytes { SHA256.authenticationCode(for: [1], key: $0) }
        let code = WipedBytes([]).withBytes { SHA256.authenticationCode(for: [], key: $0) }
        // Known from `openssl dgst -sha256 -mac HMAC -macopt hexkey:` on an empty file.
        #expect(hexadecimal(code) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("wiping empties an array and does not change another copy")
    func wiping() {
        var bytes: [UInt8] = [1, 2, 3]
        let kept = WipedBytes(bytes)
        WipedBytes.wipe(&bytes)
        #expect(bytes.isEmpty)
        #expect(kept.withBytes { span in (0..<span.count).map { span[$0] } } == [1, 2, 3])
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
