// SPDX-License-Identifier: Apache-2.0

import Foundation
import Secrets
import TestSupport
import Testing

@Suite struct OutputRedactionTests {
    private static let secret = "SK-kopi/canary+Xe4v9LrK\\q\"z"

    private static func redacted(_ text: String, _ values: [String] = [secret]) -> String {
        var redaction = OutputRedaction(Array(text.utf8))
        for value in values { redaction.hide(Array(value.utf8).span) }
        return redaction.text()
    }

    @Test func `text without secrets is unchanged`() {
        for text in [
            "", "a", "Failed to reload uploader.service: Unit not found.", "/run/doku/kopi.token\nline 2", "×÷—",
        ] {
            #expect(Self.redacted(text) == text)
        }
        #expect(Self.redacted("abc", [""]) == "abc")
        #expect(Self.redacted("abc", ["a"]) == "abc")
    }

    /// The secret is inside a text, at every alignment of base64.
    @Test(arguments: 0..<3)
    func `a secret is found in every form`(offset: Int) throws {
        let prefix = String(repeating: "~", count: offset)
        let bytes = Data((prefix + Self.secret).utf8)
        let plain = Data(Self.secret.utf8)
        let percent = try #require(
            Self.secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))))
        let json = String(decoding: try JSONEncoder().encode([Self.secret]), as: UTF8.self).dropFirst(2).dropLast(2)
        let forms = [
            Self.secret, plain.map { String(format: "%02x", $0) }.joined(),
            plain.map { String(format: "%02X", $0) }.joined(), bytes.base64EncodedString(),
            bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_"), percent, String(json),
        ]
        for form in forms {
            let text = Self.redacted("before \(form) after")
            #expect(text == "before ‹redacted› after", "\(form)")
        }
    }

    @Test func `any fifteen bytes of a token are found`() throws {
        let token = Sample.jwt(left: 3600)
        for start in stride(from: 0, to: token.utf8.count - 15, by: 7) {
            let part = token.dropFirst(start).prefix(15)
            #expect(Self.redacted("x \(part) y", [token]) == "x ‹redacted› y")
        }
    }

    @Test func `an unknown token is found by its form`() {
        #expect(Self.redacted("token=\(Sample.jwt(left: 1)) end", []) == "token=‹redacted› end")
        #expect(Self.redacted("token=\(Sample.jwt(left: 1).prefix(40))", []) == "token=‹redacted›")
        #expect(Self.redacted("eyJ is how they begin", []) == "eyJ is how they begin")
    }

    @Test func `adjacent secrets are hidden, and short secrets only as a whole`() {
        #expect(Self.redacted("\(Self.secret)\(Self.secret) x", [Self.secret]) == "‹redacted› x")
        #expect(Self.redacted("pin 4711, pin 47", ["4711"]) == "pin ‹redacted› pin 47")
    }

    @Test func `deceptive characters are escaped line by line`() {
        #expect(Self.redacted("a\u{1b}[2Jb\r\n\n\tc\u{202e}\u{0}") == "a\\u{1b}[2Jb\\u{d}\n\\u{9}c\\u{202e}\\u{0}")
        var redaction = OutputRedaction([0xff, 0x61, 0x80])
        redaction.hide(Array("nothing here".utf8).span)
        #expect(redaction.text() == "\u{fffd}a\u{fffd}")
    }

    /// Random texts around random secrets in random forms.
    @Test func `no form of a random secret is left`() {
        var generator = SeededGenerator(seed: 4)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.".utf8)
        for _ in 0..<400 {
            let secret = generator.text(length: Int.random(in: 12...200, using: &generator), from: letters)
            let before = generator.text(length: Int.random(in: 0...40, using: &generator), from: visibleASCII)
            let after = generator.text(length: Int.random(in: 0...40, using: &generator), from: visibleASCII)
            let bytes = Data(secret.utf8)
            for form in [secret, bytes.base64EncodedString(), bytes.map { String(format: "%02x", $0) }.joined()] {
                let text = Self.redacted(before + form + after, [secret])
                #expect(!text.contains(form.dropFirst(4).dropLast(4)), "\(secret)")
            }
        }
    }
}
