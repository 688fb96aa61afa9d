// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

/// An output before `{brand}` is expanded.
struct OutputTemplate {
    enum Format {
        case same(OutputFormat)
        case environment(EnvironmentDialect, variable: Located<NameTemplate>)
    }

    /// The format and attributes of an output.
    enum Form {
        /// The same for all brands.
        case same(TokenOutput.Form)
        case environment(EnvironmentDialect, variable: Located<NameTemplate>, FileAttributes, SymlinkPolicy)
    }

    let path: NameTemplate
    let mark: Mark
    let form: Form
}

/// The value of `outputs`.
struct OutputList {
    /// The valid file outputs.
    var sound: [OutputTemplate] = []
    /// The valid entries in shared destinations.
    var soundDestinations: [DestinationTemplate] = []
    /// Whether the list in the file is empty.
    var isEmpty = true
}

/// The values of `format`.
private enum FormatName: String, CaseIterable {
    case raw
    case header
    case json
    case env
}

extension ConfigurationReader {
    mutating func outputs(_ node: YAMLNode) -> OutputList {
        guard let items = items(node, .outputs) else { return OutputList(isEmpty: false) }
        var list = OutputList(isEmpty: items.isEmpty)
        for item in items {
            guard let fields = fields(item, of: .output, named: "an output") else { continue }
            let kind = DestinationKind.all.first { value($0.key, in: fields) != nil }
            if let kind, let node = value(kind.key, in: fields) {
                if let output = destination(fields, node, kind) { list.soundDestinations.append(output) }
            } else if let output = output(fields) {
                list.sound.append(output)
            }
        }
        return list
    }

    private mutating func output(_ fields: Fields) -> OutputTemplate? {
        let path = outputPath(fields)
        let attributes = attributes(fields)
        let symlinks = value(.symlink, in: fields) == nil ? .refuse : choice(fields, .symlink, as: SymlinkPolicy.self)
        guard let format = format(fields), let path, let attributes, let symlinks else { return nil }
        let form: OutputTemplate.Form =
            switch format {
            case .same(let format): .same(self.form(format, attributes, symlinks))
            case .environment(let dialect, let variable):
                .environment(dialect, variable: variable, attributes, symlinks)
            }
        return OutputTemplate(path: path.value, mark: path.mark, form: form)
    }

    mutating func outputPath(_ fields: Fields) -> Located<NameTemplate>? {
        guard let node = value(.file, in: fields) else {
            problems.add(fields.mark, "`file` is missing", hint: "the path to write to")
            return nil
        }
        return pathTemplate(node, .file).map { Located(value: $0, mark: node.mark) }
    }

    private mutating func format(_ fields: Fields) -> OutputTemplate.Format? {
        let given = value(.format, in: fields) == nil ? .raw : choice(fields, .format, as: FormatName.self)
        guard let name = given else { return nil }
        for pair in document.pairs(fields.mapping) {
            switch pair.knownKey {
            case .newline where name != .raw:
                problems.add(pair.mark, "`newline` is valid only with `format: raw`")
            case .dialect where name != .env, .variable where name != .env:
                problems.add(pair.mark, "`\(document.keys[pair.key])` is valid only with `format: env`")
            default: break
            }
        }
        switch name {
        case .raw:
            guard let node = value(.newline, in: fields) else { return .same(.raw(newline: false)) }
            return boolean(node, .newline).map { .same(.raw(newline: $0)) }
        case .header: return .same(.header)
        case .json: return .same(.json)
        case .env:
            let dialect = dialect(fields)
            guard let variable = variable(fields), let dialect else { return nil }
            return .environment(dialect, variable: variable)
        }
    }

    mutating func dialect(_ fields: Fields) -> EnvironmentDialect? {
        if value(.dialect, in: fields) == nil {
            problems.add(
                fields.mark, "`dialect` is missing", hint: oneOf(EnvironmentDialect.allCases.map(\.rawValue)))
        }
        return choice(fields, .dialect)
    }

    mutating func variable(_ fields: Fields) -> Located<NameTemplate>? {
        guard let node = value(.variable, in: fields) else {
            problems.add(fields.mark, "`variable` is missing", hint: "as in DOKU_TOKEN")
            return nil
        }
        guard let text = text(node, .variable) else { return nil }
        guard let template = NameTemplate(text), !template.hasLowerCaseBrand else {
            problems.add(node.mark, "`variable` contains a brace that is not part of {BRAND}")
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
                variable.mark, "`variable` has a special meaning to programs that read it",
                hint: "choose another name, as in DOKU_TOKEN")
            return nil
        }
        return name
    }

    mutating func attributes(_ fields: Fields) -> FileAttributes? {
        let mode = value(.mode, in: fields).map { permissions($0) } ?? FileAttributes().mode
        let owner = value(.owner, in: fields).map { account($0, .owner) }
        let group = value(.group, in: fields).map { account($0, .group) }
        // A double optional: present, but invalid.
        if case .some(.none) = owner { return nil }
        if case .some(.none) = group { return nil }
        return mode.map { FileAttributes(mode: $0, owner: owner ?? nil, group: group ?? nil) }
    }

    private mutating func permissions(_ node: YAMLNode) -> UInt32? {
        guard node.kind == .quoted, let text = document.text(node) else {
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
                "`mode` lets everyone write"
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
    private mutating func account(_ node: YAMLNode, _ key: ConfigurationKey) -> String? {
        guard let text = text(node, key) else { return nil }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // The highest number means "unchanged" to chown(2).
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
        guard claim(path, .file, as: .output, nameLimit: LexicalPath.outputNameLimit, at: output.mark) else {
            return nil
        }
        switch output.form {
        case .same(let form): return TokenOutput(path: path, form: form)
        case .environment(let dialect, let variable, let attributes, let symlinks):
            guard let name = expand(variable, for: brandName) else { return nil }
            return TokenOutput(
                path: path, form: form(.environment(dialect: dialect, variable: name), attributes, symlinks))
        }
    }

    /// Returns the last output's form if it is equal, to share it.
    private mutating func form(
        _ format: OutputFormat, _ attributes: FileAttributes, _ symlinks: SymlinkPolicy
    ) -> TokenOutput.Form {
        let form = TokenOutput.Form(format: format, attributes: attributes, symlinks: symlinks)
        if let lastForm, lastForm == form { return lastForm }
        lastForm = form
        return form
    }
}
