// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// One mapping of the file, its keys already checked.
struct Fields {
    let mapping: YAMLNode

    /// Where the mapping begins.
    var mark: Mark { mapping.mark }
}

extension YAMLPair {
    /// nil for a key that no mapping of the file may hold.
    var knownKey: ConfigurationKey? { ConfigurationKey(rawValue: key) }
}

/// A value and where it stands.
struct Located<Value> {
    let value: Value
    let mark: Mark
}

/// Typed look-ups. Each notes a problem and returns nil where the value is not what it should be.
extension ConfigurationReader {
    /// `name` is how messages call the mapping.
    mutating func fields(_ node: YAMLNode, of section: ConfigurationSection, named name: String) -> Fields? {
        guard node.kind == .mapping else {
            if isNull(node) {
                problems.add(node.mark, "\(name) has no value", hint: "it holds \(oneOf(section.keys, "and"))")
            } else {
                problems.add(node.mark, "\(name) must be a mapping", hint: "of \(oneOf(section.keys, "and"))")
            }
            return nil
        }
        let known = section.known
        for pair in document.pairs(node) where !known.contain(pair.key) { noteUnknown(pair, in: section) }
        return Fields(mapping: node)
    }

    /// nil where the mapping does not have the key.
    func value(_ key: ConfigurationKey, in fields: Fields) -> YAMLNode? {
        document.value(ofKey: key.rawValue, in: fields.mapping)
    }

    private mutating func noteUnknown(_ pair: YAMLPair, in section: ConfigurationSection) {
        let key = document.keys[pair.key]
        if let home = ConfigurationSection.allCases.first(where: { $0.known.contain(pair.key) }) {
            problems.add(pair.mark, "`\(key)` cannot stand here", hint: "it belongs to \(place(of: home))")
            return
        }
        let suggestion = problems.isFull ? nil : Spelling.suggestion(for: key, among: section.keys)
        // A key is shown where it cannot be a secret that somebody put in a key's place: near a known
        // key, or a plain word outside `secret`.
        let isShown = suggestion != nil && isWord(key) || section != .secret && isWord(key)
        problems.add(
            pair.mark, isShown ? "unknown key `\(key)`" : "unknown key",
            hint: suggestion.map { "did you mean `\($0)`?" } ?? "known here: \(section.keys.joined(separator: ", "))")
    }

    private func isWord(_ key: String) -> Bool {
        (1...24).contains(key.utf8.count)
            && key.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x2D }
    }

    private func place(of section: ConfigurationSection) -> String {
        switch section {
        case .configuration: "the top of the file"
        case .tls, .defaults, .secret, .report: "`\(section.rawValue)`"
        case .kubernetesSecret: "`kubernetes_secret`"
        case .brand: "an item of `brands`"
        case .output: "an item of `outputs`"
        case .snippet: "an item of `snippets`"
        case .hook: "an item of `hooks`"
        }
    }

    /// `a, b or c`.
    func oneOf(_ words: [some CustomStringConvertible], _ conjunction: String = "or") -> String {
        let words = words.map(\.description)
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }

    func isNull(_ node: YAMLNode) -> Bool {
        node.kind == .plain && document.text(node).map(Self.isNull) ?? false
    }

    private static func isNull(_ text: String) -> Bool {
        text.utf8.count <= 4
            && (text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL")
    }

    /// Any scalar but null and plain booleans, which editors and schemas do not take for text either. Not empty, and
    /// nothing in it is invisible.
    mutating func text(_ node: YAMLNode, _ key: ConfigurationKey) -> String? {
        guard let text = scalar(node, key) else { return nil }
        if node.kind == .plain, Self.isBoolean(text) {
            problems.add(node.mark, "`\(key)` must be text, not a boolean", hint: "put it in quotes if it is meant so")
            return nil
        }
        if text.isEmpty {
            problems.add(node.mark, "`\(key)` is empty")
            return nil
        }
        if VisibleText.hasDeceptive(text) {
            problems.add(node.mark, "`\(key)` holds a control or invisible character")
            return nil
        }
        return text
    }

    private static func isBoolean(_ text: String) -> Bool {
        text.utf8.count <= 5 && (text == "true" || text == "false")
    }

    private mutating func scalar(_ node: YAMLNode, _ key: ConfigurationKey) -> String? {
        if let text = document.text(node) {
            guard node.kind == .plain, Self.isNull(text) else { return text }
            problems.add(node.mark, "`\(key)` has no value")
        } else if node.kind == .sequence {
            problems.add(node.mark, "`\(key)` must be one value, not a list")
        } else {
            problems.add(node.mark, "`\(key)` must be one value, not a mapping", hint: "a text with { } needs quotes")
        }
        return nil
    }

    mutating func items(_ node: YAMLNode, _ key: ConfigurationKey) -> [YAMLNode]? {
        if let items = document.items(node) { return items }
        problems.add(node.mark, isNull(node) ? "`\(key)` has no value" : "`\(key)` must be a list")
        return nil
    }

    mutating func integer(_ fields: Fields, _ key: ConfigurationKey, within range: ClosedRange<Int>) -> Int? {
        guard let node = value(key, in: fields), let text = scalar(node, key) else { return nil }
        let isPlain = node.kind == .plain
        guard isPlain, let value = Int(text), String(value) == text else {
            problems.add(
                node.mark, "`\(key)` must be a whole number", hint: isPlain ? "as in 16" : "without quotes, as in 16")
            return nil
        }
        guard range.contains(value) else {
            problems.add(node.mark, "`\(key)` must be \(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        return value
    }

    mutating func boolean(_ node: YAMLNode, _ key: ConfigurationKey) -> Bool? {
        guard let text = scalar(node, key) else { return nil }
        let isPlain = node.kind == .plain
        if isPlain, Self.isBoolean(text) { return text == "true" }
        problems.add(node.mark, "`\(key)` must be true or false", hint: isPlain ? nil : "without quotes")
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ fields: Fields, _ key: ConfigurationKey, as type: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        guard let node = value(key, in: fields), let text = text(node, key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue)
        problems.add(
            node.mark, "`\(key)` must be \(oneOf(choices))",
            hint: Spelling.suggestion(for: text, among: choices).map { "did you mean `\($0)`?" })
        return nil
    }

    /// `otherwise` where the key is left out.
    mutating func duration(
        _ fields: Fields, _ key: ConfigurationKey, within range: ClosedRange<Duration>, otherwise: Duration
    ) -> Duration? {
        guard let node = value(key, in: fields) else { return otherwise }
        return duration(node, key, within: range)
    }

    mutating func duration(_ node: YAMLNode, _ key: ConfigurationKey, within range: ClosedRange<Duration>) -> Duration?
    {
        guard let text = text(node, key) else { return nil }
        guard let duration = DurationText.parse(text) else {
            problems.add(
                node.mark, "`\(key)` must be a duration", hint: "a number and ms, s, m, h or d, as in 90s or 1h30m")
            return nil
        }
        guard range.contains(duration) else {
            // Rendered anew, so this shows a duration and nothing else.
            problems.add(
                node.mark,
                "`\(key)` is \(DurationText.render(duration)), but must be "
                    + "\(DurationText.render(range.lowerBound))…\(DurationText.render(range.upperBound))")
            return nil
        }
        return duration
    }
}
