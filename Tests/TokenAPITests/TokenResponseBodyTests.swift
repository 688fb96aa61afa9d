// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import TokenAPI

@Suite struct TokenResponseBodyTests {
    private struct Document: Decodable {
        let token: String
    }

    @Test func `a token is what Foundation's decoder reads`() throws {
        let corpus = try JSONSamples.corpus()
        #expect(!corpus.isEmpty)
        var tokenCount = 0
        for document in JSONSamples.documents(JSONSamples.bodies, seed: 1) + corpus {
            guard case .token(let token) = TokenResponseBody(document) else { continue }
            tokenCount += 1
            let decoded = try? JSONDecoder().decode(Document.self, from: Data(document)).token
            #expect(token == decoded, "\(String(decoding: document, as: UTF8.self))")
        }
        #expect(tokenCount > 100)
    }

    @Test(arguments: [
        (#" { "type":"Bearer", "token" : "a\u0062c" } "#, TokenResponseBody.token("abc")),
        ("\u{feff}{\"token\":\"a\"}", .token("a")), (#"{"token":"\u0061"}"#, .token("a")),
        ("{}", .noToken), (#"{"token":null}"#, .noToken), (#"{"tokens":"a"}"#, .noToken),
        (#"{"a":{"token":"x"}}"#, .noToken), (#"{"token":5}"#, .unusable("the response's token is not a string")),
        (#"{"token":"a","token":"b"}"#, .unusable("the response has two tokens")),
        (#"{"\u0074oken":"a","token":"b"}"#, .unusable("the response has two tokens")),
        ("[]", .unusable("the response is JSON, but not an object")), ("", .unusable("the response is empty")),
        (" \r\n", .unusable("the response is empty")),
        (
            " <html>", .unusable("the response is a web page, not JSON: it is from a gateway or a maintenance page")
        ),
        (#"{"token":"a"}}"#, .unusable("the response is not JSON, or is truncated")),
        (#"{"token":"a"#, .unusable("the response is not JSON, or is truncated")),
    ])
    func `each kind of body is told apart`(text: String, expected: TokenResponseBody) {
        #expect(TokenResponseBody(Array(text.utf8)) == expected)
    }
}
