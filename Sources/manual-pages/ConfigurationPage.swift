// SPDX-License-Identifier: Apache-2.0

internal import Settings
internal import YAML

/// The page of the configuration file. The JSON Schema gives every key at every level, in its order.
struct ConfigurationPage {
    let page: ManualPage

    static func name(of program: String) -> String { program + ".yaml" }

    /// - Parameter example: a complete configuration, printed unchanged.
    init(program: String, example: String) throws {
        // JSON is YAML, and this parser keeps the order of the keys.
        let document = try YAMLParser.parse(Array(ConfigurationSchema.text.utf8))
        let root = SchemaNode(document.root, in: document)
        let syntax = """
            The file is YAML, one document, in UTF-8. Keys that are not listed here are errors, and so are tags and \
            merge keys. Inside { } a text that holds { or } needs quotes.
            """
        var named: Set<String> = []
        let keys = root.levels.flatMap { title, schema in
            let required = schema["required"]?.items.compactMap(\.text) ?? []
            let entries = schema.keys.map { name, value in
                named.formUnion(value.kinds.filter { $0 != name })
                let kinds = value.kinds.map { "Ar " + Mdoc.argument($0) }.joined(separator: " | ")
                let explanation = value.explanation + (required.contains(name) ? " Required." : "")
                return ("Ic \(Mdoc.argument(name)) : \(kinds)", Mdoc.lines(explanation))
            }
            return [".Ss \(Mdoc.argument(title))"] + Mdoc.list(entries)
        }
        let definitions = (root["$defs"]?.pairs ?? []).map { (SchemaNode.words($0), $1) }
        let values = definitions.filter { named.contains($0.0) }.map { name, value in
            let examples = (value["examples"]?.items ?? []).compactMap(\.text).joined(separator: ", ")
            let meaning = value.explanation + (examples.isEmpty ? "" : " Such as \(examples).")
            return ("Ar " + Mdoc.argument(name), Mdoc.lines(meaning))
        }
        page = ManualPage(
            name: Self.name(of: program), section: 5, summary: "the configuration of \(program)",
            parts: [
                ("DESCRIPTION", Mdoc.lines(root.explanation) + [".Pp"] + Mdoc.lines(syntax)),
                ("KEYS", keys),
                ("VALUES", Mdoc.list(values)),
                ("ENVIRONMENT", Surroundings.environment(namedIn: ConfigurationSchema.text)),
                ("FILES", Surroundings.files(namedIn: Surroundings.configurationFile)),
                ("EXAMPLES", Mdoc.literal(example)),
                ("SEE ALSO", [".Xr \(program) 1 ,", ".Xr \(program)-validate 1"]),
            ])
    }
}

/// A value of the JSON Schema. A `$ref` is replaced by its definition.
private struct SchemaNode {
    private(set) var pairs: [(key: String, value: SchemaNode)]
    let items: [SchemaNode]
    let text: String?
    private var definition: String?

    init(_ node: YAMLNode, in document: YAMLDocument) {
        pairs = document.pairs(node).map { ($0.key, SchemaNode($0.value, in: document)) }
        items = (document.items(node) ?? []).map { SchemaNode($0, in: document) }
        text = document.text(node)
        guard let name = self["$ref"]?.text?.split(separator: "/").last,
            let definitions = document.pairs(document.root).first(where: { $0.key == "$defs" })?.value,
            let target = document.pairs(definitions).first(where: { $0.key == name })?.value
        else { return }
        let resolved = SchemaNode(target, in: document)
        definition = resolved.definition ?? Self.words(String(name))
        pairs += resolved.pairs
    }

    /// A value next to `$ref` overrides the definition.
    subscript(key: String) -> SchemaNode? { pairs.first { $0.key == key }?.value }

    /// Each mapping once, in breadth-first order.
    var levels: [(title: String, schema: SchemaNode)] {
        var levels = [(title: "At the top", schema: self)]
        var next = 0
        while next < levels.count {
            for (name, value) in levels[next].schema.keys {
                let choices = value.choices.map { ("Under \(name)", $0) }
                let items = value.choices.flatMap { $0["items"]?.choices ?? [] }.map { ("In each of \(name)", $0) }
                for (title, schema) in choices + items where !schema.keys.isEmpty {
                    let names = schema.keys.map(\.key)
                    if !levels.contains(where: { $0.schema.keys.map(\.key) == names }) {
                        levels.append((title, schema))
                    }
                }
            }
            next += 1
        }
        return levels
    }

    var keys: [(key: String, value: SchemaNode)] { self["properties"]?.pairs ?? [] }

    private var choices: [SchemaNode] { self["anyOf"]?.items.flatMap(\.choices) ?? [self] }

    /// The words that a key accepts, or the kinds of value.
    var kinds: [String] {
        let kinds = choices.flatMap { choice in
            choice["enum"]?.items.compactMap(\.text) ?? choice["const"]?.text.map { [$0] } ?? choice.type
        }
        return kinds.enumerated().filter { kinds.firstIndex(of: $1) == $0 }.map(\.element)
    }

    private var type: [String] {
        switch self["type"]?.text {
        case "object": ["mapping"]
        case "array": ["list"]
        case "integer": ["number"]
        case "boolean": ["true", "false"]
        default: [definition ?? "text"]
        }
    }

    var explanation: String {
        var sentences = [self["description"]?.text]
        if self["type"]?.text == "integer", let least = self["minimum"]?.text, let most = self["maximum"]?.text {
            sentences.append("From \(least) to \(most).")
        }
        sentences.append(self["default"]?.text.map { "Default: \($0)." })
        return sentences.compactMap(\.self).joined(separator: " ")
    }

    /// For example, `fixedPath` becomes `fixed path`.
    static func words(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }
}
