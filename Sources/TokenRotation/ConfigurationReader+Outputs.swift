// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// An output before the brand's name goes in.
struct OutputTemplate {
    enum Format {
        case raw(newline: Bool)
        case header
        case json
        case environment(EnvironmentDialect, variable: Located<NameTemplate>)
    }

    let path: NameTemplate
    let mark: Mark
    let format: Format
    let attributes: FileAttributes
    let symlinks: SymlinkPolicy
}

/// What `outputs` says.
struct OutputList {
    /// Without the items that a problem was noted for.
    var sound: [OutputTemplate] = []
    /// The same for those that are no files.
    var soundStores: [StoreOutputTemplate] = []
    /// Whether the file itself lists none.
    var isEmpty = true
}

/// The words of `format`.
private enum FormatName: String, CaseIterable {
    case raw
    case header
    case json
    case env
}

extension ConfigurationReader {
    mutating func outputs(_ node: YAMLNode) -> OutputList {
        guard let items = items(node, "outputs") else { return OutputList(isEmpty: false) }
        var list = OutputList(isEmpty: items.isEmpty)
        for item in items {
            guard let fields = fields(item, of: .output, named: "an output") else { continue }
            if let secret = fields["kubernetes_secret"] {
                if let output = storeOutput(fields, secret) { list.soundStores.append(output) }
            } else if let output = output(fields) {
                list.sound.append(output)
            }
        }
        return list
    }

    private mutating func output(_ fields: Fields) -> OutputTemplate? {
        let path = outputPath(fields)
        let attributes = attributes(fields)
        let symlinks = fields["symlink"] == nil ? .refuse : choice(fields, "symlink", as: SymlinkPolicy.self)
        guard let format = format(fields), let path, let attributes, let symlinks else { return nil }
        return OutputTemplate(
            path: path.value, mark: path.mark, format: format, attributes: attributes, symlinks: symlinks)
    }

    mutating func outputPath(_ fields: Fields) -> Located<NameTemplate>? {
        guard let node = fields["file"] else {
            problems.add(fields.mark, "`file` is missing", hint: "the path to write to")
            return nil
        }
        return pathTemplate(node, "file").map { Located(value: $0, mark: node.mark) }
    }

    private mutating func format(_ fields: Fields) -> OutputTemplate.Format? {
        let given = fields["format"] == nil ? .raw : choice(fields, "format", as: FormatName.self)
        guard let name = given else { return nil }
        for pair in fields.pairs {
            if pair.key == "newline", name != .raw {
                problems.add(pair.mark, "`newline` goes with `format: raw` only")
            } else if pair.key == "dialect" || pair.key == "variable", name != .env {
                problems.add(pair.mark, "`\(pair.key)` goes with `format: env` only")
            }
        }
        switch name {
        case .raw:
            guard let node = fields["newline"] else { return .raw(newline: false) }
            return boolean(node, "newline").map { .raw(newline: $0) }
        case .header: return .header
        case .json: return .json
        case .env:
            let dialect = dialect(fields)
            guard let variable = variable(fields), let dialect else { return nil }
            return .environment(dialect, variable: variable)
        }
    }

    mutating func dialect(_ fields: Fields) -> EnvironmentDialect? {
        if fields["dialect"] == nil {
            problems.add(
                fields.mark, "`dialect` is missing", hint: oneOf(EnvironmentDialect.allCases.map(\.rawValue)))
        }
        return choice(fields, "dialect")
    }

    mutating func variable(_ fields: Fields) -> Located<NameTemplate>? {
        guard let node = fields["variable"] else {
            problems.add(fields.mark, "`variable` is missing", hint: "as in DOKU_TOKEN")
            return nil
        }
        guard let text = text(node, "variable") else { return nil }
        guard let template = NameTemplate(text), !template.hasLowerCaseBrand else {
            problems.add(node.mark, "`variable` holds a brace that is not part of {BRAND}")
            return nil
        }
        return Located(value: template, mark: node.mark)
    }

    /// The variable's name for one brand.
    mutating func expand(_ variable: Located<NameTemplate>, for brandName: String) -> String? {
        let name = variable.value.expanded(for: brandName)
        guard VariableName.isWellFormed(name) else {
            problems.add(
                variable.mark, "`variable` must be A-Z, 0-9 and _, no digit first",
                hint: variable.value.isVariable ? "with {BRAND} replaced by each brand's name" : nil)
            return nil
        }
        guard !VariableName.isReserved(name) else {
            problems.add(
                variable.mark, "`variable` has a meaning to the programs that would read it",
                hint: "a name of your own, as in DOKU_TOKEN")
            return nil
        }
        return name
    }

    mutating func attributes(_ fields: Fields) -> FileAttributes? {
        let mode = fields["mode"].map { permissions($0) } ?? FileAttributes().mode
        let owner = fields["owner"].map { account($0, "owner") }
        let group = fields["group"].map { account($0, "group") }
        // A double optional: given, but not sound.
        if case .some(.none) = owner { return nil }
        if case .some(.none) = group { return nil }
        return mode.map { FileAttributes(mode: $0, owner: owner ?? nil, group: group ?? nil) }
    }

    private mutating func permissions(_ node: YAMLNode) -> UInt32? {
        guard case .scalar(let text, let isPlain) = node.content, !isPlain else {
            problems.add(node.mark, "`mode` must be octal digits in quotes", hint: "as in \"0640\"")
            return nil
        }
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt32(text, radix: 8)
        else {
            problems.add(node.mark, "`mode` must be three or four octal digits", hint: "as in \"0640\"")
            return nil
        }
        let fault: String? =
            if mode > 0o777 {
                "`mode` must not set the setuid, setgid or sticky bit"
            } else if mode & 0o002 != 0 {
                "`mode` lets everybody write"
            } else if mode & 0o400 == 0 {
                "`mode` does not let the owner read"
            } else {
                nil
            }
        if let fault {
            problems.add(node.mark, fault, hint: "as in \"0640\"")
            return nil
        }
        return mode
    }

    /// A user's or group's name or number.
    private mutating func account(_ node: YAMLNode, _ key: String) -> String? {
        guard let text = text(node, key) else { return nil }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // chown(2): the highest number means "leave as it is".
        let isSound =
            isNumber
            ? UInt32(text).map { $0 < .max } ?? false
            : text.utf8.count <= 256 && VisibleText.isVisibleASCII(text) && text.utf8.first != 0x2D
                && !text.utf8.contains { $0 == 0x2F || $0 == 0x3A || $0 == 0x2C }
        if !isSound {
            problems.add(node.mark, "`\(key)` must be a name or a number", hint: "numbers up to 4294967294")
            return nil
        }
        return text
    }

    /// The output for one brand.
    mutating func expand(_ output: OutputTemplate, for brandName: String) -> TokenOutput? {
        let path = output.path.expanded(for: brandName)
        guard claim(path, "file", as: .output, nameLimit: LexicalPath.outputNameLimit, at: output.mark) else {
            return nil
        }
        let format: OutputFormat
        switch output.format {
        case .raw(let newline): format = .raw(newline: newline)
        case .header: format = .header
        case .json: format = .json
        case .environment(let dialect, let variable):
            guard let name = expand(variable, for: brandName) else { return nil }
            format = .environment(dialect: dialect, variable: name)
        }
        var form = TokenOutput.Form(format: format, attributes: output.attributes, symlinks: output.symlinks)
        if let lastForm, lastForm == form { form = lastForm }
        lastForm = form
        return TokenOutput(path: path, form: form)
    }
}
