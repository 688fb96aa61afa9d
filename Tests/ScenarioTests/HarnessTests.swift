// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The scenarios' own tools find what they are there to find.
@Suite struct HarnessTests {
    private static let secret = #"SK-kopi/"canary"+Xe4v9LrK~?"#

    /// How a value may be written somewhere.
    enum Form: CaseIterable, Sendable {
        case raw, base64, base64OneByteOn, base64TwoBytesOn, base64url, hexadecimal, upperCaseHexadecimal
        case percentEncoded, percentEncodedForAHost, json, jsonWithPlainSlashes

        func text(of value: String) -> String {
            switch self {
            case .raw: return "a\(value)b"
            case .base64: return Data(value.utf8).base64EncodedString()
            case .base64OneByteOn: return Data("a\(value)b".utf8).base64EncodedString()
            case .base64TwoBytesOn: return Data("aa\(value)".utf8).base64EncodedString()
            case .base64url:
                return Data("id:\(value):x".utf8).base64EncodedString().replacing("+", with: "-")
                    .replacing("/", with: "_")
            case .hexadecimal: return Data(value.utf8).map { String(format: "%02x", $0) }.joined()
            case .upperCaseHexadecimal: return Data(value.utf8).map { String(format: "%02X", $0) }.joined()
            case .percentEncoded: return value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            case .percentEncodedForAHost:
                return value.addingPercentEncoding(withAllowedCharacters: .urlHostAllowed) ?? ""
            case .json, .jsonWithPlainSlashes:
                let encoder = JSONEncoder()
                if self == .jsonWithPlainSlashes { encoder.outputFormatting = .withoutEscapingSlashes }
                return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
        }
    }

    @Test("a secret is found in every form", arguments: Form.allCases)
    func forms(form: Form) {
        var canary = Canary()
        let text = "before " + form.text(of: Self.secret) + " after"
        #expect(canary.finding(in: Data(text.utf8)) == nil)
        canary.add(Self.secret)
        #expect(canary.finding(in: Data(text.utf8)) != nil, "\(text)")
        #expect(canary.finding(in: Data("before SK-kopi after".utf8)) == nil)
    }

    @Test("a token is found by its beginning, whole, and by its end")
    func tokenForms() {
        let payload = String(repeating: "payload0", count: 30)
        let token = "eyJhbGciOiJSUzI1NiJ9.\(payload).signature\(UUID().uuidString)"
        var canary = Canary()
        #expect(canary.finding(in: Data("token \(token)".utf8)) != nil)
        canary.addToken(token)
        #expect(canary.finding(in: Data("…\(token.suffix(60))".utf8)) != nil)
    }

    @Test(
        "a scenario that proves nothing fails",
        arguments: [
            "exit 0\n", "# Nothing is checked.\nwrite a b\n", "# An unknown verb.\nfrobnicate\nshell true\n",
            "# An unknown fact.\nwrite a b\nfile a colour red\n", "# A false statement.\nshell false\n",
            "# A table without end.\ntable a\n  1\ndo\nshell true\n", "# An unknown name.\nshell echo {{nobody}}\n",
            "# A leak.\nsecret SK-kopi/canary+Xe4v9LrK\nshell echo SK-kopi/canary+Xe4v9LrK > log\nrun --version\nexit 0\n",
        ])
    func broken(scenario: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(scenario, to: "scenario")
        guard case .broken = Verdict(of: directory.url) else {
            Issue.record("it passes")
            return
        }
    }

    @Test("a table's steps are done for each of its rows")
    func table() throws {
        let text = "# T.\ntable a b\n  1 \"2 3\"\n  4 5\ndo\n  write x {{a}}{{b}}\nend\nshell true\n"
        let scenario = try ScenarioFile(text)
        #expect(scenario.steps.map(\.verb) == ["write", "write", "shell"])
        #expect(scenario.steps.map(\.row) == [["a": "1", "b": "2 3"], ["a": "4", "b": "5"], [:]])
    }
}
