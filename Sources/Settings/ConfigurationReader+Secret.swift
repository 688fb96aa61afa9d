// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

/// A secret's source before the brand's name goes in. The messages about it show nothing that the file says.
enum SecretTemplate {
    case file(NameTemplate, Mark)
    case environment(NameTemplate, Mark)
    case credential(NameTemplate, Mark)
    case command([NameTemplate], timeout: Duration)
    case value(Secret)

    /// The keys of which exactly one is needed.
    static let sources = [ConfigurationKey.file, .env, .credential, .command, .value]
}

extension ConfigurationReader {
    /// Longer than any key that DOKU hands out.
    private static let secretByteLimit = 4096

    mutating func secret(_ node: YAMLNode) -> SecretTemplate? {
        guard node.kind == .mapping else {
            problems.add(
                node.mark, "`secret` must be a mapping that names one source",
                hint: "\(oneOf(SecretTemplate.sources)), as in secret: { file: PATH }")
            return nil
        }
        guard let fields = fields(node, of: .secret, named: "`secret`") else { return nil }
        var first: YAMLPair?
        var timeout: Mark?
        var isAmbiguous = false
        for pair in document.pairs(node) {
            guard let key = pair.knownKey else { continue }
            if key == .timeout { timeout = pair.mark }
            guard SecretTemplate.sources.contains(key) else { continue }
            if first == nil {
                first = pair
            } else {
                isAmbiguous = true
                problems.add(pair.mark, "`secret` names a second source", hint: "keep one of them")
            }
        }
        guard let source = first else {
            problems.add(fields.mark, "`secret` names no source", hint: "one of \(oneOf(SecretTemplate.sources))")
            return nil
        }
        if source.knownKey != .command, let timeout {
            problems.add(timeout, "`timeout` goes with `command` only")
        }
        if isAmbiguous { return nil }
        let node = source.value
        switch source.knownKey {
        case .file: return pathTemplate(node, .file).map { .file($0, node.mark) }
        case .env: return template(node, .env).map { .environment($0, node.mark) }
        case .credential: return template(node, .credential).map { .credential($0, node.mark) }
        case .command: return command(node, fields)
        default: return inlineSecret(source)
        }
    }

    private mutating func command(_ node: YAMLNode, _ fields: Fields) -> SecretTemplate? {
        let timeout = duration(fields, .timeout, within: .seconds(1)...(.seconds(60)), otherwise: .seconds(5))
        guard let items = items(node, .command) else { return nil }
        guard let program = items.first else {
            problems.add(node.mark, "`command` is an empty list", hint: "the program's absolute path and its arguments")
            return nil
        }
        var arguments: [NameTemplate] = []
        for item in items {
            guard let text = text(item, .command), let template = NameTemplate(text, braces: .free) else { return nil }
            if arguments.isEmpty, text.utf8.first != 0x2F {
                problems.add(program.mark, "`command` must begin with an absolute path", hint: "no shell looks it up")
                return nil
            }
            arguments.append(template)
        }
        return timeout.map { .command(arguments, timeout: $0) }
    }

    private mutating func inlineSecret(_ source: YAMLPair) -> SecretTemplate? {
        if !isPrivate {
            problems.add(
                source.mark, "`value` needs a configuration file that is closed to group and others",
                hint: "chmod 600 \(VisibleText.escaping(file))")
        }
        guard let text = text(source.value, .value) else { return nil }
        guard text.utf8.count <= Self.secretByteLimit else {
            problems.add(source.value.mark, "`value` is longer than \(Self.secretByteLimit) bytes")
            return nil
        }
        return .value(Secret(Array(text.utf8)))
    }

    /// A text with placeholders that is no path.
    private mutating func template(_ node: YAMLNode, _ key: ConfigurationKey) -> NameTemplate? {
        guard let text = text(node, key) else { return nil }
        guard let template = NameTemplate(text) else {
            noteUnknownPlaceholder(node, key)
            return nil
        }
        return template
    }

    /// The source for one brand.
    mutating func expand(_ secret: SecretTemplate, for brandName: String) -> SecretSource? {
        switch secret {
        case .file(let template, let mark):
            let path = template.expanded(for: brandName)
            guard claim(path, .file, as: .input, nameLimit: LexicalPath.nameLimit, at: mark) else { return nil }
            return .file(path: path)
        case .environment(let template, let mark):
            let name = template.expanded(for: brandName)
            guard Self.isReadableVariable(name) else {
                problems.add(
                    mark, "`env` must be the name of a variable", hint: "letters, digits and _, no digit first")
                return nil
            }
            return .environment(variable: name)
        case .credential(let template, let mark):
            let name = template.expanded(for: brandName)
            // systemd.exec(5): a credential's name is a file's name.
            guard name.utf8.count <= LexicalPath.nameLimit, LexicalPath.namesFile(name), !name.utf8.contains(0x2F)
            else {
                problems.add(mark, "`credential` must be a plain file name", hint: "without / and at most 255 bytes")
                return nil
            }
            return .credential(name: name)
        case .command(let arguments, let timeout):
            return .command(argv: arguments.map { $0.expanded(for: brandName) }, timeout: timeout)
        case .value(let secret):
            return .value(secret)
        }
    }

    /// `[A-Za-z_][A-Za-z0-9_]*`: what is only read may be in lower case.
    private static func isReadableVariable(_ name: String) -> Bool {
        VariableName.isWellFormed(name.uppercased()) && name.utf8.allSatisfy { $0 < 0x80 }
    }
}
