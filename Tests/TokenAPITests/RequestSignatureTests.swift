// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import TestSupport
import Testing
import TokenAPI

extension SignatureVector {
    func signature(body: [UInt8]?, secret: String) -> RequestSignature {
        RequestSignature(
            clientID: clientID, requestID: requestID, timestamp: timestamp, requestTarget: target, body: body,
            secret: Secret(Array(secret.utf8)))
    }
}

@Suite struct RequestSignatureTests {
    @Test func `all known answers are present`() throws {
        let vectors = try SignatureVector.all()
        #expect(vectors.count == 11)
        #expect(vectors.count { $0.signature != nil && $0.secret != nil && $0.body != nil } == 10)
    }

    @Test(arguments: try SignatureVector.all().filter { $0.signature != nil })
    func `a signature equals that of DOKU's own libraries`(vector: SignatureVector) throws {
        let body = try #require(vector.body)
        let signature = vector.signature(body: Array(body.utf8), secret: try #require(vector.secret))
        #expect(signature.digest == vector.digest)
        #expect(signature.component == Array(vector.component.utf8))
        #expect(signature.header == vector.signature)
        #expect(signature.matches(try #require(vector.signature)))
    }

    /// The body of DOKU's printed sample is unknown, so only the lines before its digest are compared.
    @Test func `the component is the one in DOKU's documentation, without a digest if there is no body`() throws {
        let vector = try #require(try SignatureVector.all().first)
        #expect(vector.signature == nil)
        let signature = vector.signature(body: nil, secret: "any")
        #expect(signature.digest == nil)
        #expect(signature.component + Array("\nDigest:\(vector.digest)".utf8) == Array(vector.component.utf8))
    }

    /// An empty body is a body. Its digest is that of zero bytes (a known answer of FIPS 180-4).
    @Test func `an empty body has a digest`() {
        let signature = RequestSignature(
            clientID: "A", requestID: "B", timestamp: "C", requestTarget: "/d", body: [], secret: Secret([1]))
        #expect(signature.digest == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    }

    /// Made with Python's hashlib and hmac.
    @Test func `a response is signed with its own timestamp`() {
        let signature = RequestSignature(
            clientID: "BRN-0001", requestID: "req-1", timestampName: "Response-Timestamp",
            timestamp: "2026-11-22T09:30:00Z", requestTarget: "/adv-core-api/partner/v1.0/token",
            body: Array(#"{"token":"abc"}"#.utf8), secret: Secret(Array("not-a-secret".utf8)))
        let expected = """
            Client-Id:BRN-0001
            Request-Id:req-1
            Response-Timestamp:2026-11-22T09:30:00Z
            Request-Target:/adv-core-api/partner/v1.0/token
            Digest:nFlVlSwS8JOXvX/PVmJL6mVjIpE/0A2IRmHDsSbReig=
            """
        #expect(signature.component == Array(expected.utf8))
        #expect(signature.header == "HMACSHA256=oTGtfC4aQhHNKEbua+XCPQdNaBYzI65l0I4I2OzlDoc=")
    }

    @Test func `strings that are equal in Swift may have different signatures`() {
        func header(_ secret: String, _ body: String) -> String {
            RequestSignature(
                clientID: "A", requestID: "B", timestamp: "C", requestTarget: "/d", body: Array(body.utf8),
                secret: Secret(Array(secret.utf8))
            ).header
        }
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        #expect(composed == decomposed)
        #expect(header(composed, "x") != header(decomposed, "x"))
        #expect(header("s", composed) != header("s", decomposed))
        #expect(header("s", "x") != header(" s", "x"))
        #expect(header("s", "x") != header("s\n", "x"))
    }

    private static let good = "HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw="

    @Test(arguments: [
        "", "HMACSHA256", "HMACSHA256=", "cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw=",
        "HMACSHA512=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw=",
        "hmacsha256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw=",
        " HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw=",
        // Without padding, as from clients that split at every equals sign.
        "HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw",
        // The same bytes in hexadecimal.
        "HMACSHA256=72015917a5f9280cfa4b6260cb9e48e972d0b95c518ee703194b44c45a78308c",
        // Invalid base64, and characters outside its alphabet.
        "HMACSHA256=!!!!", "HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MI\u{e9}=",
        // One byte fewer, and one more.
        "HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MA==",
        "HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIwA",
    ])
    func `another header does not match`(header: String) throws {
        let vector = try SignatureVector.all()[1]
        #expect(vector.signature == Self.good)
        let signature = vector.signature(
            body: Array(try #require(vector.body).utf8), secret: try #require(vector.secret))
        #expect(signature.matches(Self.good))
        #expect(!signature.matches(header))
    }

    @Test(arguments: 0..<256)
    func `one flipped bit does not match`(bit: Int) throws {
        let vector = try SignatureVector.all()[1]
        let signature = vector.signature(
            body: Array(try #require(vector.body).utf8), secret: try #require(vector.secret))
        var code = try #require(Data(base64Encoded: String(Self.good.dropFirst(11))))
        code[bit / 8] ^= 1 << (bit % 8)
        #expect(!signature.matches("HMACSHA256=\(code.base64EncodedString())"))
    }
}
