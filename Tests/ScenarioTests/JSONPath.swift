// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A place in a JSON document: `brands[0].outcome`, `brands[kopi].outputs[0].result` (the item of that `name`), `.`.
struct JSONPath {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    func value(in document: Any) throws -> Any {
        guard text != "." else { return document }
        return try text.replacing("[", with: ".[").replacing("]", with: "").split(separator: ".")
            .reduce(document) { value, part in try Self.step(String(part), in: value, of: text) }
    }

    private static func step(_ part: String, in value: Any, of path: String) throws -> Any {
        if part.hasPrefix("["), let items = value as? [Any] {
            let selector = String(part.dropFirst())
            if let index = Int(selector), items.indices.contains(index) { return items[index] }
            for case let item as [String: Any] in items where item["name"] as? String == selector { return item }
        } else if let object = value as? [String: Any], let member = object[part] {
            return member
        }
        throw ScenarioFailure("\(path): there is no \(part)")
    }
}

/// What a scenario says of a JSON document: `PATH OPERATOR LITERAL`.
struct JSONStatement {
    private let path: String
    private let comparison: String
    private let literal: String

    init(_ text: String) throws {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { throw ScenarioFailure("PATH, operator and literal are needed") }
        path = String(parts[0])
        comparison = String(parts[1])
        literal = parts[2].trimmingCharacters(in: .whitespaces)
    }

    func check(_ document: Data) throws {
        let root: Any
        do {
            root = try JSONSerialization.jsonObject(with: document, options: .fragmentsAllowed)
        } catch {
            throw ScenarioFailure("not one JSON document: \(String(decoding: document.prefix(500), as: UTF8.self))")
        }
        let value = try JSONPath(path).value(in: root)
        guard try holds(value) else {
            throw ScenarioFailure("\(path) is \(Self.text(value)), not \(comparison) \(literal)")
        }
    }

    private func holds(_ value: Any) throws -> Bool {
        switch comparison {
        case "==": return Self.text(value) == Self.text(try expected)
        case "!=": return Self.text(value) != Self.text(try expected)
        case "<=": return try number(value) <= number(expected)
        case ">=": return try number(value) >= number(expected)
        case "count": return (value as? [Any])?.count == (try expected as? Int)
        case "contains":
            guard let text = value as? String, let part = try expected as? String else { return false }
            return text.contains(part)
        case "matches": return (value as? String)?.range(of: literal, options: .regularExpression) != nil
        case "keys": return (value as? [String: Any])?.keys.sorted() == words(literal).sorted()
        default: throw ScenarioFailure("unknown operator \(comparison)")
        }
    }

    private var expected: Any {
        get throws { try JSONSerialization.jsonObject(with: Data(literal.utf8), options: .fragmentsAllowed) }
    }

    private func number(_ value: Any) throws -> Double {
        guard let number = value as? NSNumber else { throw ScenarioFailure("\(path) is no number") }
        return number.doubleValue
    }

    /// One text for each value, so that 1, true and "1" differ.
    private static func text(_ value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }
}
