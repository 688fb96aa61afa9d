// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TokenRotation

/// What is read the short way is what the whole decoders of Foundation read: compared over documents that are good,
/// unusual, and broken anywhere.
@Suite struct PlainReadingTests {
    private static let bodies = [
        #"{"token":"eyJhbGciOiJSUzI1NiJ9.e30.x"}"#, #" { "token" : "abc" , "type":"Bearer","expires_in":900 } "#,
        #"{"a":[1,-2,0,[],{},{"token":"x"}],"token":"t","b":{"c":{"d":true}},"e":null,"f":false}"#, "{}", "[]", "",
        #"{"token":"a","token":"b"}"#, #"{"\u0074oken":"a"}"#, #"{"token":"a\"b"}"#, #"{"token":"ä"}"#,
        #"{"token":5}"#, #"{"token":null}"#, #"{"token":{}}"#, #"{"token":"a"}}"#, #"{"token":"a",}"#, "{}{}",
        #"{,"token":"a"}"#,
        #"{"token":"a" "b":1}"#, #"{"token" "a"}"#, #"{"n":01,"token":"a"}"#, #"{"n":-0,"token":"a"}"#,
        #"{"n":-,"token":"a"}"#, #"{"n":1.5e3,"token":"a"}"#, #"{"n":1e,"token":"a"}"#, #"{"n":tru,"token":"a"}"#,
        #"{"n":123456789012345678901234567890,"token":"a"}"#, #"{"n":[1,],"token":"a"}"#, #"{"n":[,1],"token":"a"}"#,
        #"{"n":nullx,"token":"a"}"#, #"{"":"","token":"a"}"#, "{\"token\":\"a\tb\"}", "\u{feff}{\"token\":\"a\"}",
        #"{"n":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + #","token":"a"}"#,
        "<html></html>", #""token""#, "{\"token\":\"a\"}\u{0}", "{\"token\":\"a\"}\u{c}", #"{"tokens":"a","toke":"b"}"#,
    ]

    private static let claims = [
        #"{"sub":"payload","exp":1795361400,"iat":1795339800,"user":{"businessServiceClientId":"BRN-1"}}"#,
        #"{"exp":1795361400.5,"iat":"1"}"#, #"{"exp":-1,"iat":0,"user":{}}"#, #"{"exp":999999999999999}"#,
        #"{"exp":1000000000000000,"iat":1e3}"#, #"{"user":{"a":{"businessServiceClientId":"x"},"b":[1]},"exp":1}"#,
        #"{"user":{"businessServiceClientId":"a","businessServiceClientId":"b"},"exp":1}"#, #"{"exp":1,"exp":2}"#,
        #"{"user":{"businessServiceClientId":"a"},"user":{"businessServiceClientId":"b"}}"#, #"{"user":[],"exp":1}"#,
        #"{"user":{"businessServiceClientId":5},"exp":1}"#, #"{"user":{"businessServiceClientId":"\u0041"},"exp":1}"#,
        #"{"user":null,"exp":null,"iat":true}"#, #"{"user":{"exp":5,"iat":6}}"#, "{}", "[]", "5", "", "{", "null",
    ]

    /// Each as it is, and a hundred times with a few bytes of it changed, taken out or put in.
    private static func documents(_ samples: [String], seed: UInt64) -> [[UInt8]] {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\":,\\ \t\r\n0123456789-+.eEtrufalsntokeuiatxp\u{0}\u{7f}".utf8) + [0xc3, 0xa4, 0xff]
        return samples.flatMap { sample -> [[UInt8]] in
            let bytes = Array(sample.utf8)
            return [bytes]
                + (0..<100).map { _ in
                    var changed = bytes
                    for _ in 0..<Int.random(in: 1...3, using: &generator) {
                        let place = Int.random(in: 0...changed.count, using: &generator)
                        let byte = alphabet[Int.random(in: alphabet.indices, using: &generator)]
                        switch Int.random(in: 0..<3, using: &generator) {
                        case 0 where place < changed.count: changed[place] = byte
                        case 1 where place < changed.count: changed.remove(at: place)
                        default: changed.insert(byte, at: place)
                        }
                    }
                    return changed
                }
        }
    }

    /// What the fuzzer found worth keeping.
    private static func corpus() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzzing/Corpus/answer")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).map {
            Array(try Data(contentsOf: $0).drop { $0 != 0x0a }.dropFirst())
        }
    }

    private static func compare<Reading: Equatable>(
        _ documents: [[UInt8]], plain: ([UInt8]) -> Reading?, whole: ([UInt8]) -> Reading?,
        either: ([UInt8]) -> Reading?
    ) {
        var short = 0
        for document in documents {
            let whole = whole(document)
            if let plain = plain(document) {
                short += 1
                #expect(plain == whole, "\(String(decoding: document, as: UTF8.self))")
            }
            #expect(either(document) == whole)
        }
        #expect(short > 100)
    }

    @Test func `a body is read the short way as the decoder reads it`() throws {
        let corpus = try Self.corpus()
        #expect(!corpus.isEmpty)
        Self.compare(
            Self.documents(Self.bodies, seed: 1) + corpus, plain: { AnswerBody(plain: $0) },
            whole: { AnswerBody(decoding: $0) }, either: { AnswerBody($0) })
    }

    @Test func `claims are read the short way as the decoder reads them`() throws {
        Self.compare(
            Self.documents(Self.claims + Self.bodies, seed: 2) + (try Self.corpus()), plain: { TokenClaims(plain: $0) },
            whole: { TokenClaims(decoding: $0) }, either: { TokenClaims($0) })
    }

    /// Else the comparisons above would be of nothing.
    @Test func `what DOKU sends is read the short way`() {
        #expect(AnswerBody(plain: Array(Self.bodies[0].utf8)) != nil)
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
