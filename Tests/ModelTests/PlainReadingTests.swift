// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Model

/// What is read the short way is what the whole decoders of Foundation read.
@Suite struct PlainReadingTests {
    private static let claims = [
        #"{"sub":"payload","exp":1795361400,"iat":1795339800,"user":{"businessServiceClientId":"BRN-1"}}"#,
        #"{"exp":1795361400.5,"iat":"1"}"#, #"{"exp":-1,"iat":0,"user":{}}"#, #"{"exp":999999999999999}"#,
        #"{"exp":1000000000000000,"iat":1e3}"#, #"{"user":{"a":{"businessServiceClientId":"x"},"b":[1]},"exp":1}"#,
        #"{"user":{"businessServiceClientId":"a","businessServiceClientId":"b"},"exp":1}"#, #"{"exp":1,"exp":2}"#,
        #"{"user":{"businessServiceClientId":"a"},"user":{"businessServiceClientId":"b"}}"#, #"{"user":[],"exp":1}"#,
        #"{"user":{"businessServiceClientId":5},"exp":1}"#, #"{"user":{"businessServiceClientId":"\u0041"},"exp":1}"#,
        #"{"user":null,"exp":null,"iat":true}"#, #"{"user":{"exp":5,"iat":6}}"#, "{}", "[]", "5", "", "{", "null",
    ]

    @Test func `claims are read the short way as the decoder reads them`() throws {
        let documents = PlainReading.documents(Self.claims + PlainReading.bodies, seed: 2)
        let (short, differing) = PlainReading.compare(
            documents + (try PlainReading.corpus()), plain: { TokenClaims(plain: $0) },
            whole: { TokenClaims(decoding: $0) }, either: { TokenClaims($0) })
        #expect(differing == [])
        #expect(short > 100)
    }

    /// Else the comparison above would be of nothing.
    @Test func `the claims that DOKU sends are read the short way`() {
        #expect(TokenClaims(plain: Array(Self.claims[0].utf8))?.clientID == "BRN-1")
    }

    @Test func `base64 is what Foundation makes of it`() {
        var generator = SeededGenerator(seed: 3)
        let letters = Array("ABCDwxyz0189+/-_=. ".utf8)
        for length in 0...70 {
            for _ in 0..<20 {
                let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
                #expect(PlainBase64.encode(bytes) == Data(bytes).base64EncodedString())
                #expect(PlainBase64.decode(Array(Sample.base64URL(bytes).utf8).span) == bytes)
                let text = (0..<length).map { _ in letters[Int.random(in: letters.indices, using: &generator)] }
                guard let decoded = PlainBase64.decode(text.span) else { continue }
                let standard = String(decoding: text, as: UTF8.self).replacing("-", with: "+").replacing("_", with: "/")
                let padded = standard + String(repeating: "=", count: (4 - length % 4) % 4)
                #expect(Data(base64Encoded: padded).map(Array.init) == decoded)
            }
        }
    }
}
