// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import TokenAPI

/// Which of DOKU's own words reach a report.
@Suite struct DOKUErrorBodyTests {
    private func message(_ body: String, status: Int = 422) throws -> String {
        try #require(judge(status, body).failure?.message)
    }

    @Test(arguments: [
        (
            #"{"error":{"code":"invalid_signature","message":"Invalid Header Signature","type":"t"}}"#,
            #"(HTTP 422: invalid_signature, "Invalid Header Signature")"#
        ),
        (
            #"{"code":"invalid_signature","message":"Invalid Header Signature"}"#,
            #"(HTTP 422: invalid_signature, "Invalid Header Signature")"#
        ),
        (#"{"message":["PAYMENT CHANNEL IS INACTIVE"]}"#, #"(HTTP 422: "PAYMENT CHANNEL IS INACTIVE")"#),
        (#"{"message":["first","second"]}"#, #"(HTTP 422: "first; second")"#),
        (#"{"message":"No static resource a/b."}"#, #"(HTTP 422: "No static resource a/b.")"#),
        (#"{"error_messages":["ORDER NOT FOUND"]}"#, #"(HTTP 422: "ORDER NOT FOUND")"#),
        (#"{"error":{"message":["in an array"]}}"#, #"(HTTP 422: "in an array")"#),
        (#"{"error":"a word","message":"m"}"#, #"(HTTP 422: "m")"#),
        (#"{"code":"c"}"#, "(HTTP 422: c)"),
        (#"{"code":5,"message":{"a":1}}"#, "(HTTP 422)"),
        (#"{"message":[]}"#, nil),
        ("{}", "(HTTP 422)"), ("[]", "(HTTP 422)"), ("", "(HTTP 422)"), ("<html>secret page</html>", "(HTTP 422)"),
        (#"{"message":"cut"#, "(HTTP 422)"),
    ])
    func `every shape of an error response is read`(body: String, ending: String?) throws {
        let sentence = try message(body)
        if let ending { #expect(sentence.hasSuffix(ending), "\(sentence)") }
        #expect(!sentence.contains("page"))
    }

    @Test func `a word that may be a token is not quoted`() throws {
        let token = "eyJhbGciOiJSUzI1NiJ9." + String(repeating: "a-_Z", count: 40)
        for text in ["use \(token) instead", token, "token=\(token)", "[\(token)]", String(repeating: "A", count: 41)] {
            let sentence = try message(#"{"code":"c","message":"\#(text)"}"#)
            #expect(!sentence.contains("eyJ") && !sentence.contains("AAAA"), "\(sentence)")
            #expect(sentence.contains(" characters)"))
        }
        #expect(
            try message(#"{"message":"see https://docs.doku.com/errors/invalid_signature"}"#).contains(
                "invalid_signature"))
    }

    @Test func `long texts are cut`() throws {
        let long = try message(#"{"code":"c","message":"\#(String(repeating: "AAAA ", count: 2048))"}"#)
        #expect(long.contains(String(repeating: "AAAA ", count: 32)))
        #expect(!long.contains(String(repeating: "AAAA ", count: 33)))
        let many = try message(#"{"message":[\#(Array(repeating: #""BBBB""#, count: 2000).joined(separator: ","))]}"#)
        #expect(many.utf8.count < 400)
        #expect(try message(#"{"code":"\#(String(repeating: "c", count: 64))"}"#).contains("cccc"))
        #expect(try !message(#"{"code":"\#(String(repeating: "c", count: 65))"}"#).contains("cccc"))
    }

    /// Newlines forge log lines, escape sequences control terminals, and direction marks hide text.
    @Test(arguments: [
        #"\u0000"#, #"\n"#, #"\r\n"#, #"\u001b[31m"#, #"\u0007"#, #"\u007f"#, #"\u0085"#, #"\u009b"#, #"\u2028"#,
        #"\u202e"#, #"\u200b"#, #"\ufeff"#, #"\u00e9"#, #"e\u0301"#, #"\ud83d\udd11"#,
    ])
    func `only visible ASCII is shown`(character: String) throws {
        let sentence = try message(#"{"code":"a\#(character)b","message":"x\#(character)y"}"#)
        #expect(sentence.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(sentence)")
        #expect(sentence.contains(#""x"#) && sentence.contains(#"y")"#))
        #expect(!sentence.contains("a?"), "a code contains only the characters of a word")
    }

    @Test func `quotes in a message do not end the quotation`() throws {
        let quoting = try message(#"{"message":"says \"ok\", code=fine"}"#)
        #expect(quoting.hasSuffix(#"(HTTP 422: "says ?ok?, code=fine")"#))
        #expect(try message(#"{"message":"\"\"\""}"#).filter { $0 == "\"" }.count == 2)
    }

    @Test(arguments: [#"a b"#, #"a\"b"#, "a,b", "a(b", "", "../a", "ä"])
    func `a code that is not a word is left out`(code: String) throws {
        #expect(try message(#"{"code":"\#(code)","message":"m"}"#).hasSuffix(#"(HTTP 422: "m")"#))
    }
}
