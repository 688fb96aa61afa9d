// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

@Suite struct TokenTests {
    @Test(arguments: [(0, false), (1, true), (16_384, true), (16_385, false)])
    func `a token has 1 to 16384 bytes`(count: Int, isToken: Bool) {
        #expect((Token([UInt8](repeating: UInt8(ascii: "a"), count: count)) != nil) == isToken)
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `a token is visible ASCII`(byte: UInt8) {
        let isVisible = (0x21...0x7e).contains(byte)
        for bytes in [[byte], [0x61, byte], [byte, 0x61], [0x61, byte, 0x61]] {
            let token = Token(bytes)
            #expect((token != nil) == isVisible)
            if let token { #expect(Array(token.text.utf8) == bytes) }
        }
    }

    @Test func `the claims of DOKU's sample form are read`() throws {
        let token = try Sample.token(
            Sample.jwt(
                #"{"sub":"payload","exp":1795361400,"iat":1795339800,"user":{"businessServiceClientId":"BRN-1"}}"#))
        #expect(token.issuedAt == Timestamp(seconds: 1_795_339_800))
        #expect(token.expiresAt == Timestamp(seconds: 1_795_361_400))
        #expect(token.lifetime == .seconds(21_600))
        #expect(token.clientID == "BRN-1")
    }

    /// Made with `printf … | base64`, so that this file's own encoder is not what is tested: no `=` to add, two, one.
    @Test(arguments: [
        ("eyJleHAiOjE3OTUzNjE0MDB9", 1_795_361_400), ("eyJleHAiOjE3OTUzNjE0MDAgfQ", 1_795_361_400),
        ("eyJleHAiOjE3OTUzNjE0MDAgIH0", 1_795_361_400), ("eyJleHAiOjE3OTUzNjE0MDAgfQ==", 1_795_361_400),
    ])
    func `a payload of any length is read`(payload: String, end: Int64) throws {
        #expect(try Sample.token("e30.\(payload).x").expiresAt == Timestamp(seconds: end))
    }

    @Test func `the two letters that base64url has of its own are read`() throws {
        let payload = #"{"exp":1795361400,"x":"??>>~~ÿÿ"}"#
        let encoded = Sample.base64URL(payload.utf8)
        #expect(encoded.contains("-") && encoded.contains("_"))
        #expect(try Sample.token("e30.\(encoded).x").expiresAt == Timestamp(seconds: 1_795_361_400))
    }

    /// RFC 7519 §2: a NumericDate may have a fraction.
    @Test(arguments: [
        ("1795361400.0", Int64?.some(1_795_361_400)), ("1795361400.999", 1_795_361_400), ("1.7953614e9", 1_795_361_400),
        ("0", 0), ("253402300799", 253_402_300_799), ("253402300800", nil), ("9223372036854775807", nil),
        ("1e300", nil), ("1e999", nil), (#""1795361400""#, nil), ("true", nil), ("null", nil), ("[]", nil), ("{}", nil),
    ])
    func `an end is a number within the calendar`(claim: String, expected: Int64?) throws {
        let token = try Sample.token(Sample.jwt(#"{"exp":\#(claim),"user":{"businessServiceClientId":"B"}}"#))
        #expect(token.expiresAt?.seconds == expected)
        // One claim that cannot be read hides no other; a number that no Double holds is no JSON for the decoder.
        if claim != "1e999" { #expect(token.clientID == "B") }
    }

    @Test(arguments: [
        #""a string""#, "5", "null", "[]", #"[{"businessServiceClientId":"B"}]"#, "true",
        #"{"businessServiceClientId":5}"#, #"{"businessServiceClientId":null}"#, #"{"businessServiceClientId":["B"]}"#,
        "{}",
    ])
    func `a user of another form names nobody`(user: String) throws {
        let token = try Sample.token(Sample.jwt(#"{"exp":1795361400,"iat":1795339800,"user":\#(user)}"#))
        #expect(token.clientID == nil)
        #expect(token.lifetime == .seconds(21_600))
    }

    @Test(arguments: [
        "abc", "a.b", "a.b.c", "..", ".", "a..c", "e30.e30", "e30.bm90IGpzb24.x", "e30.eyJleHAiOjE3OTUzNjE0MDB9.x.y",
        // Five parts are an encrypted JWT: nothing to read.
        "e30.eyJleHAiOjE3OTUzNjE0MDB9.x.y.z",
        // JSON, but no object; an object that was cut; a length that no base64 has.
        "e30.W10.x", "e30.NQ.x", "e30.bnVsbA.x", "e30.eyJleHAiOjE3.x", "e30.eyJle.x", "e30.!!!!.x",
    ])
    func `anything else is opaque`(text: String) throws {
        let token = try Sample.token(text)
        #expect(token.text == text)
        #expect(token.issuedAt == nil && token.expiresAt == nil && token.clientID == nil && token.lifetime == nil)
    }

    @Test func `a payload of thousands of brackets is opaque`() throws {
        let token = try Sample.token(Sample.jwt(String(repeating: "[", count: 12_000)))
        #expect(token.expiresAt == nil)
        let objects = try Sample.token(Sample.jwt(String(repeating: #"{"a":"#, count: 2400)))
        #expect(objects.expiresAt == nil)
    }

    @Test func `a token shows in no description`() throws {
        let token = try Sample.token("canary-7f3a")
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!"\(token) \(String(reflecting: token)) \([token]) \(dumped)".contains("canary"))
    }
}
