// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A place in a JSON document: `brands[0].outcome`, `brands[kopi].outputs[0].result` (the item of that `name`), `.`.
package struct JSONPath {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package func value(in document: Any) throws -> Any {
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
        throw TestFailure("\(path): there is no \(part)")
    }
}

/// What a scenario says of a JSON document: `PATH OPERATOR LITERAL`.
package struct JSONStatement {
    private let path: String
    private let comparison: String
    private let literal: String

    package init(_ text: String) throws {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { throw TestFailure("PATH, operator and literal are needed") }
        path = String(parts[0])
        comparison = String(parts[1])
        literal = parts[2].trimmingCharacters(in: .whitespaces)
    }

    package func check(_ document: Data) throws {
        let root: Any
        do {
            root = try JSONSerialization.jsonObject(with: document, options: .fragmentsAllowed)
        } catch {
            throw TestFailure("not one JSON document: \(String(decoding: document.prefix(500), as: UTF8.self))")
        }
        let value = try JSONPath(path).value(in: root)
        guard try holds(value) else {
            throw TestFailure("\(path) is \(Self.text(value)), not \(comparison) \(literal)")
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
        default: throw TestFailure("unknown operator \(comparison)")
        }
    }

    private var expected: Any {
        get throws { try JSONSerialization.jsonObject(with: Data(literal.utf8), options: .fragmentsAllowed) }
    }

    private func number(_ value: Any) throws -> Double {
        guard let number = value as? NSNumber else { throw TestFailure("\(path) is no number") }
        return number.doubleValue
    }

    /// One text for each value, so that 1, true and "1" differ.
    private static func text(_ value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }
}

/// The words of a line: divided by blanks, but for what stands in double quotes. `\"`, `\\`, `\n` are what they are in C.
package func words(_ line: String) -> [String] {
    var found: [String] = []
    var word: String?
    var isQuoted = false
    var isEscaped = false
    for character in line {
        if isEscaped {
            word = (word ?? "") + (character == "n" ? "\n" : String(character))
            isEscaped = false
        } else if character == "\\", isQuoted {
            isEscaped = true
        } else if character == "\"" {
            isQuoted.toggle()
            word = word ?? ""
        } else if character == " ", !isQuoted {
            if let word { found.append(word) }
            word = nil
        } else {
            word = (word ?? "") + String(character)
        }
    }
    return found + (word.map { [$0] } ?? [])
}
