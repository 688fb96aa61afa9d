// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Model

@Suite struct JSONTests {
    private static let claims = [
        #"{"sub":"payload","exp":1795361400,"iat":1795339800,"user":{"businessServiceClientId":"BRN-1"}}"#,
        #"{"exp":1795361400.5,"iat":"1"}"#, #"{"exp":-1,"iat":0,"user":{}}"#, #"{"exp":999999999999999}"#,
        #"{"exp":1000000000000000,"iat":1e3}"#, #"{"user":{"a":{"businessServiceClientId":"x"},"b":[1]},"exp":1}"#,
        #"{"user":{"businessServiceClientId":"a","businessServiceClientId":"b"},"exp":1}"#, #"{"exp":1,"exp":2}"#,
        #"{"user":{"businessServiceClientId":"a"},"user":{"businessServiceClientId":"b"}}"#, #"{"user":[],"exp":1}"#,
        #"{"user":{"businessServiceClientId":5},"exp":1}"#, #"{"user":{"businessServiceClientId":"\u0041"},"exp":1}"#,
        #"{"user":null,"exp":null,"iat":true}"#, #"{"user":{"exp":5,"iat":6}}"#, "{}", "[]", "5", "", "{", "null",
    ]

    @Test func `what is read is what Foundation reads`() throws {
        let documents = try JSONSamples.documents(Self.claims + JSONSamples.bodies, seed: 2) + JSONSamples.corpus()
        var readCount = 0
        for document in documents {
            guard let value = JSON(document) else { continue }
            readCount += 1
            let decoded = try? JSONSerialization.jsonObject(with: Data(document), options: .fragmentsAllowed)
            #expect(
                Self.describe(value) == decoded.map(Self.describe), "\(String(decoding: document, as: UTF8.self))")
        }
        #expect(readCount > 100)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "[,1]", #"{"a":1,}"#, #"{"a"}"#, #"{"a" 1}"#, "{a:1}", "{'a':1}", "[1 2]", "5 5",
        "nul", "truex", "+1", ".5", "-", "1e", "01", "1.", "-.5", "1.e3", "1e999", "1.2.3", "\"", #""\""#, #""\x""#,
        #""\u12"#, #""\ud800""#, "\"\t\"",
        "\"\u{0}\"", "[1]\u{0}", "[1]\u{c}", String(repeating: "[", count: 20_000),
    ])
    func `anything else is no document`(text: String) {
        #expect(JSON(Array(text.utf8)) == nil)
    }

    @Test func `text that is not UTF-8 is no document`() {
        #expect(JSON([0x22, 0xFF, 0x22]) == nil)
        #expect(JSON([0x22, 0xC3, 0xA4, 0x22]) == .string("ä"))
    }

    @Test func `members keep their order and their duplicates`() {
        let text = #"{"b": 1, "a": [true, null], "b": "\u0041\n"}"#
        #expect(
            JSON(Array(text.utf8))
                == .object([
                    .init(key: "b", value: .number(1)), .init(key: "a", value: .array([.bool(true), .null])),
                    .init(key: "b", value: .string("A\n")),
                ]))
        #expect(JSON(Array(text.utf8))?["b"]?.number == 1)
    }

    /// As a Float, without the sign of zero: Foundation differs in the last digit.
    private static func describe(_ number: Double) -> String { "\(Float(number + 0))" }

    /// Truth values as numbers, as Foundation has them.
    private static func describe(_ value: JSON) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return value ? "1.0" : "0.0"
        case .number(let number): return describe(number)
        case .string(let text): return text.debugDescription
        case .array(let items): return "[" + items.map(describe).joined(separator: ",") + "]"
        case .object(let members):
            // Of equal keys, this decoder of Foundation keeps the last one.
            let lasts = Dictionary(members.map { ($0.key, describe($0.value)) }) { _, last in last }
            return "{" + lasts.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ",") + "}"
        }
    }

    private static func describe(_ value: Any) -> String {
        switch value {
        case let text as String: return text.debugDescription
        case let items as [Any]: return "[" + items.map(describe).joined(separator: ",") + "]"
        case let members as [String: Any]:
            let sorted = members.sorted { $0.key < $1.key }
            return "{" + sorted.map { "\($0): \(describe($1))" }.joined(separator: ",") + "}"
        case let number as NSNumber: return describe(number.doubleValue)
        default: return "null"
        }
    }
}
