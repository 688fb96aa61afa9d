// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// A value of the file with its key, for messages. An item of a list has the key of the list.
struct Field {
    let key: ConfigurationKey
    /// The position of the key.
    let keyMark: Mark
    let node: YAMLNode

    /// The position of the value.
    var mark: Mark { node.mark }
}

/// One mapping of the file. It has only the keys that it may hold.
struct Fields {
    /// The position of the mapping.
    let mark: Mark
    /// In file order, without keys that have no value.
    let all: [Field]
    /// The keys that have no value. They count as left out.
    let empty: [Field]

    /// nil if the mapping does not have the key.
    subscript(key: ConfigurationKey) -> Field? { all.first { $0.key == key } }
}

/// A value with its position in the file.
struct Located<Value> {
    let value: Value
    let mark: Mark
}

/// The position of a name, in the file and among all of its kind.
struct NamePlace {
    let index: Int
    let mark: Mark
}

/// Typed look-ups. Each notes a problem and returns nil if the value is invalid.
extension ConfigurationReader {
    /// Notes a problem.
    /// - Returns: nil, which the caller returns.
    mutating func refuse<Value>(_ mark: Mark, _ message: String, hint: String? = nil) -> Value? {
        problems.add(mark, message, hint: hint)
        return nil
    }

    /// Notes a problem of a value. The message begins with its key.
    mutating func refuse<Value>(_ field: Field, _ message: String, hint: String? = nil) -> Value? {
        refuse(field.mark, "`\(field.key)` \(message)", hint: hint)
    }

    mutating func fields(_ node: YAMLNode, of section: ConfigurationSection) -> Fields? {
        guard node.kind == .mapping else {
            let keys = oneOf(section.keys, "and")
            return isNull(node)
                ? refuse(node.mark, "\(section.title) has no value", hint: "it holds \(keys)")
                : refuse(node.mark, "\(section.title) must be a mapping", hint: "of \(keys)")
        }
        let known = section.known
        var fields: [Field] = []
        fields.reserveCapacity(8)
        var empty: [Field] = []
        for pair in document.pairs(node) {
            if let key = known.first(where: { $0.rawValue == pair.key }) {
                let field = Field(key: key, keyMark: pair.mark, node: pair.value)
                if isNull(pair.value) { empty.append(field) } else { fields.append(field) }
            } else if section != .configuration || !pair.key.hasPrefix("x-") {
                noteUnknown(pair, in: section)
            }
        }
        return Fields(mark: node.mark, all: fields, empty: empty)
    }

    mutating func required(_ key: ConfigurationKey, in fields: Fields, hint: String) -> Field? {
        if let field = fields[key] { return field }
        if let field = fields.empty.first(where: { $0.key == key }) { return refuse(field, "has no value", hint: hint) }
        return refuse(fields.mark, "`\(key)` is missing", hint: hint)
    }

    private mutating func noteUnknown(_ pair: YAMLPair, in section: ConfigurationSection) {
        let key = pair.key
        if let home = ConfigurationSection.allCases.first(where: { $0.keys.contains(key) }) {
            problems.add(pair.mark, "`\(key)` is not allowed here", hint: "it belongs \(home.place)")
            return
        }
        let suggestion = problems.isFull ? nil : Spelling.suggestion(for: key, among: section.keys)
        // A key may be a secret in the wrong place. It is shown only if it is a plain word, and is close to a known key
        // or outside `secret`.
        let isShown = isWord(key) && (suggestion != nil || section != .secret)
        problems.add(
            pair.mark, isShown ? "unknown key `\(key)`" : "unknown key",
            hint: suggestion.map { "did you mean `\($0)`?" } ?? "valid here: \(section.keys.joined(separator: ", "))")
    }

    private func isWord(_ key: String) -> Bool {
        (1...24).contains(key.utf8.count)
            && key.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x2D }
    }

    /// `a, b or c`.
    func oneOf(_ words: [String], _ conjunction: String = "or") -> String {
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }

    private func isNull(_ node: YAMLNode) -> Bool {
        node.kind == .plain && node.length <= 4
            && document.text(node).map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false
    }

    /// A scalar that is neither null nor a plain boolean, as in editors and schemas. It is not empty and contains no
    /// invisible character.
    mutating func text(_ field: Field, byteLimit: Int = .max) -> String? {
        guard var text = scalar(field) else { return nil }
        // A block (`|`) ends with a newline, which is not part of a secret.
        if field.key == .value, text.utf8.last == 0x0A { text = String(text.utf8.dropLast()) ?? "" }
        if field.node.kind == .plain, Self.isBoolean(text) {
            return refuse(field, "must be text, not a boolean", hint: "put it in quotes if it is text")
        }
        if text.isEmpty { return refuse(field, "is empty", hint: "write a value, or leave the key out") }
        if VisibleText.hasDeceptive(text) {
            return refuse(field, "contains a control or invisible character", hint: "type it again")
        }
        return text.utf8.count <= byteLimit ? text : refuse(field, "is longer than \(byteLimit) bytes")
    }

    private static func isBoolean(_ text: String) -> Bool {
        text.utf8.count <= 5 && (text == "true" || text == "false")
    }

    private mutating func scalar(_ field: Field) -> String? {
        if isNull(field.node) { return refuse(field, "has no value") }
        if let text = document.text(field.node) {
            guard let problem = Unexpanded.problem(of: text, in: field.key) else { return text }
            return refuse(field, problem.message, hint: problem.hint)
        }
        return field.node.kind == .sequence
            ? refuse(field, "must be one value, not a list", hint: "remove the dash or the [ ]")
            : refuse(field, "must be one value, not a mapping", hint: "text with { } needs quotes")
    }

    mutating func items(_ field: Field) -> [Field]? {
        guard let items = document.items(field.node) else {
            let example = field.key == .brands ? "brands: [{ name: NAME, client_id: … }]" : "\(field.key): [ … ]"
            return refuse(field, "must be a list", hint: "begin each item with a dash, or write \(example)")
        }
        return items.map { Field(key: field.key, keyMark: field.keyMark, node: $0) }
    }

    /// A program and its arguments.
    /// - Parameter hint: what the list holds.
    mutating func arguments(_ field: Field, hint: String) -> [Located<String>]? {
        guard let items = items(field) else { return nil }
        if items.isEmpty { return refuse(field, "is an empty list", hint: hint) }
        var arguments: [Located<String>] = []
        for item in items {
            guard let text = text(item) else { return nil }
            arguments.append(Located(value: text, mark: item.mark))
        }
        return arguments
    }

    mutating func integer(_ field: Field, within range: ClosedRange<Int>) -> Int? {
        guard let text = scalar(field) else { return nil }
        let isPlain = field.node.kind == .plain
        guard isPlain, let value = Int(text), String(value) == text else {
            return refuse(field, "must be a whole number", hint: isPlain ? "as in 16" : "without quotes, as in 16")
        }
        return range.contains(value) ? value : refuse(field, "must be \(range.lowerBound)…\(range.upperBound)")
    }

    mutating func boolean(_ field: Field) -> Bool? {
        guard let text = scalar(field) else { return nil }
        let isPlain = field.node.kind == .plain
        if isPlain, Self.isBoolean(text) { return text == "true" }
        return refuse(field, "must be true or false", hint: isPlain ? nil : "without quotes")
    }

    /// - Parameter enabled: the choice that `true` probably means.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ field: Field, enabled: Choice? = nil) -> Choice?
    where Choice.RawValue == String {
        guard let text = scalar(field) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue)
        let guess = text == "true" ? enabled?.rawValue : nil
        return refuse(
            field, "must be \(oneOf(choices))",
            hint: (guess ?? Spelling.suggestion(for: text, among: choices)).map { "did you mean `\($0)`?" })
    }

    mutating func duration(_ field: Field, within range: ClosedRange<Duration>) -> Duration? {
        guard let text = text(field) else { return nil }
        guard let duration = DurationText.parse(text) else {
            let guess = DurationText.guesses(text).first(where: range.contains)
            return refuse(
                field, "must be a duration",
                hint: guess.map { "did you mean `\(DurationText.render($0))`?" }
                    ?? "a number and ms, s, m, h or d, as in 90s or 1h30m")
        }
        guard range.contains(duration) else {
            // The parsed value is printed, never the text from the file.
            return refuse(
                field,
                "is \(DurationText.render(duration)), but must be "
                    + "\(DurationText.render(range.lowerBound))…\(DurationText.render(range.upperBound))")
        }
        return duration
    }

    /// A name of the form of a brand's name that is not in use.
    /// - Parameter what: what has the name, "brand" or "hook".
    mutating func name(_ field: Field, of what: String, besides used: [String: NamePlace]) -> Located<String>? {
        guard let name = text(field) else { return nil }
        guard Brand.isName(name) else {
            return refuse(
                field, "is not a valid \(what) name",
                hint: Self.likeliestName(name).map { "did you mean `\($0)`?" }
                    ?? "1…63 of a-z 0-9 . _ - without two dots in a row, the first a letter or digit")
        }
        if let earlier = used[name] {
            return refuse(
                field.mark, "two \(what)s have this `name`: the other is in line \(earlier.mark.line)",
                hint: "rename one")
        }
        return Located(value: name, mark: field.mark)
    }

    /// `kopi-senja` for `Kopi Senja`. Only plain words get a suggestion, because the text may be a secret.
    private static func likeliestName(_ text: String) -> String? {
        let words = text.split { " _-.".contains($0) }
        let arePlain = words.allSatisfy { word in
            word.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) }
                && [word.lowercased(), word.uppercased(), word.prefix(1) + word.dropFirst().lowercased()].contains(
                    String(word))
        }
        let name = words.map { $0.lowercased() }.joined(separator: "-")
        return arePlain && Brand.isName(name) ? name : nil
    }
}
