// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// One mapping of the file, its keys already checked.
struct Fields {
    /// Where the mapping begins.
    let mark: Mark
    private(set) var pairs: [YAMLPair]

    init(mark: Mark, pairs: [YAMLPair]) {
        self.mark = mark
        self.pairs = pairs
    }

    // A mapping has few keys: looking through them is faster than hashing.
    subscript(key: String) -> YAMLNode? { pairs.first { $0.key == key }?.value }

    /// Hands a value over, so that it can be freed piece by piece.
    mutating func take(_ key: String) -> YAMLNode? {
        pairs.firstIndex { $0.key == key }.map { pairs.remove(at: $0).value }
    }
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
        guard case .mapping(let pairs) = node.content else {
            if isNull(node) {
                problems.add(node.mark, "\(name) has no value", hint: "it holds \(oneOf(section.keys, "and"))")
            } else {
                problems.add(node.mark, "\(name) must be a mapping", hint: "of \(oneOf(section.keys, "and"))")
            }
            return nil
        }
        let keys = section.keys
        for pair in pairs where !keys.contains(pair.key) { noteUnknown(pair, in: section) }
        return Fields(mark: node.mark, pairs: pairs)
    }

    private mutating func noteUnknown(_ pair: YAMLPair, in section: ConfigurationSection) {
        if let home = ConfigurationSection.allCases.first(where: { $0.keys.contains(pair.key) }) {
            problems.add(pair.mark, "`\(pair.key)` cannot stand here", hint: "it belongs to \(place(of: home))")
            return
        }
        let suggestion = problems.isFull ? nil : Spelling.suggestion(for: pair.key, among: section.keys)
        // A key is shown where it cannot be a secret that somebody put in a key's place: near a known
        // key, or a plain word outside `secret`.
        let isShown = suggestion != nil && isWord(pair.key) || section != .secret && isWord(pair.key)
        problems.add(
            pair.mark, isShown ? "unknown key `\(pair.key)`" : "unknown key",
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
    func oneOf(_ words: [String], _ conjunction: String = "or") -> String {
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }

    func isNull(_ node: YAMLNode) -> Bool {
        guard case .scalar(let text, isPlain: true) = node.content else { return false }
        return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
    }

    /// Any scalar but null and plain booleans, which editors and schemas do not take for text either. Not empty, and
    /// nothing in it is invisible.
    mutating func text(_ node: YAMLNode, _ key: String) -> String? {
        guard let (text, isPlain) = scalar(node, key) else { return nil }
        if isPlain, text == "true" || text == "false" {
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

    private mutating func scalar(_ node: YAMLNode, _ key: String) -> (text: String, isPlain: Bool)? {
        switch node.content {
        case .scalar(let text, let isPlain):
            if isNull(node) {
                problems.add(node.mark, "`\(key)` has no value")
                return nil
            }
            return (text, isPlain)
        case .sequence:
            problems.add(node.mark, "`\(key)` must be one value, not a list")
        case .mapping:
            problems.add(node.mark, "`\(key)` must be one value, not a mapping", hint: "a text with { } needs quotes")
        }
        return nil
    }

    mutating func items(_ node: YAMLNode, _ key: String) -> [YAMLNode]? {
        if case .sequence(let items) = node.content { return items }
        problems.add(node.mark, isNull(node) ? "`\(key)` has no value" : "`\(key)` must be a list")
        return nil
    }

    mutating func integer(_ fields: Fields, _ key: String, within range: ClosedRange<Int>) -> Int? {
        guard let node = fields[key], let (text, isPlain) = scalar(node, key) else { return nil }
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

    mutating func boolean(_ node: YAMLNode, _ key: String) -> Bool? {
        guard let (text, isPlain) = scalar(node, key) else { return nil }
        if isPlain, text == "true" || text == "false" { return text == "true" }
        problems.add(node.mark, "`\(key)` must be true or false", hint: isPlain ? nil : "without quotes")
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ fields: Fields, _ key: String, as type: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        guard let node = fields[key], let text = text(node, key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue)
        problems.add(
            node.mark, "`\(key)` must be \(oneOf(choices))",
            hint: Spelling.suggestion(for: text, among: choices).map { "did you mean `\($0)`?" })
        return nil
    }

    /// `otherwise` where the key is left out.
    mutating func duration(
        _ fields: Fields, _ key: String, within range: ClosedRange<Duration>, otherwise: Duration
    ) -> Duration? {
        guard let node = fields[key] else { return otherwise }
        return duration(node, key, within: range)
    }

    mutating func duration(_ node: YAMLNode, _ key: String, within range: ClosedRange<Duration>) -> Duration? {
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
