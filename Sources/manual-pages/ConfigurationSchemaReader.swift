// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// What a JSON Schema says to people. JSON is YAML; our own parser keeps the order of the keys.
struct ConfigurationSchemaReader {
    /// The keys of one mapping.
    struct Level {
        let title: String
        var keys: [Key]
    }

    struct Key {
        let name: String
        /// The words that it takes, or the kinds of value.
        let values: [String]
        let explanation: String
    }

    private let root: SchemaNode

    init(_ document: YAMLDocument) {
        root = SchemaNode(document: document, node: document.root)
    }

    var description: String { root["description"]?.text ?? "" }

    /// The outermost first, then each mapping where a key leads to it for the first time.
    var levels: [Level] {
        var levels: [Level] = []
        var waiting: [(title: String, node: SchemaNode)] = [("At the top", root)]
        var seen: Set<YAMLNode> = []
        while !waiting.isEmpty {
            let (title, node) = waiting.removeFirst()
            guard seen.insert(node.node).inserted else { continue }
            var level = Level(title: title, keys: [])
            let required = node["required"]?.items.compactMap(\.text) ?? []
            for pair in node["properties"]?.pairs ?? [] {
                level.keys.append(key(pair, isRequired: required.contains(pair.key)))
                for value in choices(pair.value) {
                    if value["properties"] != nil { waiting.append(("Under \(pair.key)", value)) }
                    let items = value["items"].map(choices) ?? []
                    waiting += items.filter { $0["properties"] != nil }.map {
                        (title: "In each of \(pair.key)", node: $0)
                    }
                }
            }
            levels.append(level)
        }
        return levels
    }

    /// What the kinds of value are that keys name; a kind of one key alone is told by that key.
    var kinds: [(name: String, explanation: String)] {
        let named = Set(levels.flatMap(\.keys).flatMap { key in key.values.filter { $0 != key.name } })
        return (root["$defs"]?.pairs ?? []).compactMap { pair in
            let name = Self.words(pair.key)
            let examples = (pair.value["examples"]?.items ?? []).compactMap(\.text).joined(separator: ", ")
            let sentences = [pair.value["description"]?.text, examples.isEmpty ? nil : "Such as \(examples)."]
            guard named.contains(name) else { return nil }
            return (name, sentences.compactMap(\.self).joined(separator: " "))
        }
    }

    private func key(_ pair: (key: String, value: SchemaNode), isRequired: Bool) -> Key {
        let value = resolved(pair.value)
        var sentences = value.description.map { [$0] } ?? []
        let values: [String] = kinds(pair.value).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        if let least = value.node["minimum"]?.text, let most = value.node["maximum"]?.text,
            value.node["type"]?.text == "integer"
        {
            sentences.append("From \(least) to \(most).")
        }
        if let standard = value.standard { sentences.append("Default: \(standard).") }
        if isRequired { sentences.append("Required.") }
        return Key(name: pair.key, values: values, explanation: sentences.joined(separator: " "))
    }

    /// A value behind its references. What stands beside a reference counts before what it leads to.
    private func resolved(_ node: SchemaNode) -> (
        node: SchemaNode, description: String?, standard: String?, name: String?
    ) {
        var node = node
        var description = node["description"]?.text
        var standard = node["default"]?.text
        var name: String?
        while let reference = node["$ref"]?.text, let last = reference.split(separator: "/").last,
            let target = root["$defs"]?[String(last)]
        {
            node = target
            name = String(last)
            description = description ?? node["description"]?.text
            standard = standard ?? node["default"]?.text
        }
        return (node, description, standard, name)
    }

    /// A value behind its references, or each that may stand there.
    private func choices(_ node: SchemaNode) -> [SchemaNode] {
        let node = resolved(node).node
        return node["anyOf"]?.items.flatMap(choices) ?? [node]
    }

    private func kinds(_ node: SchemaNode) -> [String] {
        let (node, _, _, name) = resolved(node)
        if let words = node["enum"]?.items.compactMap(\.text) { return words }
        if let word = node["const"]?.text { return [word] }
        if let choices = node["anyOf"]?.items { return choices.flatMap(kinds) }
        switch node["type"]?.text {
        case "object": return ["mapping"]
        case "array": return ["list"]
        case "integer": return ["number"]
        case "boolean": return ["true", "false"]
        default: return [name.map(Self.words) ?? "text"]
        }
    }

    /// `fixedPath` as people read it.
    private static func words(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }
}

/// A value of the schema, with the document that it stands in.
private struct SchemaNode {
    let document: YAMLDocument
    let node: YAMLNode

    subscript(key: String) -> SchemaNode? { pairs.first { $0.key == key }?.value }

    var pairs: [(key: String, value: SchemaNode)] {
        document.pairs(node).map { (document.keys[$0.key], SchemaNode(document: document, node: $0.value)) }
    }

    var items: [SchemaNode] {
        (document.items(node) ?? []).map { SchemaNode(document: document, node: $0) }
    }

    var text: String? { document.text(node) }
}
