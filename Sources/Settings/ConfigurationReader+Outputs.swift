// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

/// An output before `{brand}` is expanded.
struct OutputTemplate {
    let path: Located<NameTemplate>
    /// The name of an environment variable is empty in it.
    let form: TokenOutput.Form
    /// The variable of an environment file.
    let variable: Located<NameTemplate>?
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

extension ConfigurationReader {
    mutating func outputs(_ field: Field) -> OutputList {
        guard let items = items(field) else { return OutputList(isEmpty: false) }
        var list = OutputList(isEmpty: items.isEmpty)
        for item in items {
            guard let fields = fields(item.node, of: .output) else { continue }
            if let kind = DestinationKind.all.first(where: { fields[$0.key] != nil }) {
                if let output = destination(fields, of: kind) { list.soundDestinations.append(output) }
            } else if let output = output(fields) {
                list.sound.append(output)
            }
        }
        return list
    }

    private mutating func output(_ fields: Fields) -> OutputTemplate? {
        let path = outputPath(fields)
        let attributes = attributes(fields)
        let symlinks = symlinks(fields)
        guard let name = fields[.format].map({ choice($0) }) ?? OutputFormat.Name.raw else { return nil }
        for field in fields.all {
            switch field.key {
            case .newline where name != .raw:
                problems.add(field.keyMark, "`newline` is valid only with `format: raw`")
            case .dialect where name != .env, .variable where name != .env:
                problems.add(field.keyMark, "`\(field.key)` is valid only with `format: env`")
            default: break
            }
        }
        let variable = name == .env ? variable(fields) : nil
        let format: OutputFormat? =
            switch name {
            case .raw: (fields[.newline].map { boolean($0) } ?? false).map { .raw(newline: $0) }
            case .env: dialect(fields).map { .environment(dialect: $0, variable: "") }
            default: OutputFormat(name)
            }
        guard let format, let path, let attributes, let symlinks, (variable != nil) == (name == .env) else {
            return nil
        }
        let form = form(format, attributes, symlinks)
        return OutputTemplate(path: path, form: form, variable: variable)
    }

    mutating func outputPath(_ fields: Fields) -> Located<NameTemplate>? {
        required(.file, in: fields, hint: "the path to write to").flatMap { pathTemplate($0) }
    }

    mutating func symlinks(_ fields: Fields) -> SymlinkPolicy? {
        fields[.symlink].map { choice($0) } ?? .refuse
    }

    mutating func dialect(_ fields: Fields) -> EnvironmentDialect? {
        required(.dialect, in: fields, hint: oneOf(EnvironmentDialect.allCases.map(\.rawValue)))
            .flatMap { choice($0) }
    }

    mutating func variable(_ fields: Fields) -> Located<NameTemplate>? {
        guard let field = required(.variable, in: fields, hint: "as in DOKU_TOKEN"), let text = text(field) else {
            return nil
        }
        guard let template = NameTemplate(text), !template.hasLowerCaseBrand else {
            return refuse(field, "contains a brace that is not part of {BRAND}", hint: "as in DOKU_TOKEN_{BRAND}")
        }
        return Located(value: template, mark: field.mark)
    }

    /// The variable's name for one brand.
    mutating func expand(_ variable: Located<NameTemplate>, for brandName: String) -> String? {
        let name = variable.value.expanded(for: brandName)
        guard VariableName.isWellFormed(name) else {
            return refuse(
                variable.mark, "`variable` must be A-Z, 0-9 and _, no digit first",
                hint: variable.value.isVariable ? "with {BRAND} replaced by each brand's name" : nil)
        }
        guard !VariableName.isReserved(name) else {
            return refuse(
                variable.mark, "`variable` has a special meaning to programs that read it",
                hint: "choose another name, as in DOKU_TOKEN")
        }
        return name
    }

    mutating func attributes(_ fields: Fields) -> FileAttributes? {
        let mode = fields[.mode].map { permissions($0) } ?? FileAttributes().mode
        let owner = fields[.owner].map { account($0) }
        let group = fields[.group].map { account($0) }
        // A double optional: present, but invalid.
        if case .some(.none) = owner { return nil }
        if case .some(.none) = group { return nil }
        return mode.map { FileAttributes(mode: $0, owner: owner ?? nil, group: group ?? nil) }
    }

    private mutating func permissions(_ field: Field) -> UInt32? {
        let example = "as in \"0640\""
        guard field.node.kind == .quoted, let text = document.text(field.node) else {
            return refuse(field, "must be octal digits in quotes", hint: example)
        }
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt32(text, radix: 8)
        else { return refuse(field, "must be three or four octal digits", hint: example) }
        if mode > 0o777 { return refuse(field, "must not set the setuid, setgid or sticky bit", hint: example) }
        if mode & 0o002 != 0 { return refuse(field, "lets everyone write", hint: example) }
        return mode & 0o400 == 0 ? refuse(field, "does not let the owner read", hint: example) : mode
    }

    /// A user's or group's name or number.
    private mutating func account(_ field: Field) -> String? {
        guard let text = text(field) else { return nil }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // The highest number means "unchanged" to chown(2).
        let isSound =
            isNumber
            ? UInt32(text).map { $0 < .max } ?? false
            : text.utf8.count <= 256 && VisibleText.isVisibleASCII(text) && text.utf8.first != 0x2D
                && !text.utf8.contains { $0 == 0x2F || $0 == 0x3A || $0 == 0x2C }
        return isSound ? text : refuse(field, "must be a name or a number", hint: "numbers up to 4294967294")
    }

    /// The output for one brand.
    mutating func expand(_ output: OutputTemplate, for brandName: String) -> TokenOutput? {
        let path = output.path.value.expanded(for: brandName)
        guard claim(path, .file, as: .output, at: output.path.mark) else { return nil }
        guard let variable = output.variable, case .environment(let dialect, _) = output.form.format else {
            return TokenOutput(path: path, form: output.form)
        }
        guard let name = expand(variable, for: brandName) else { return nil }
        let format = OutputFormat.environment(dialect: dialect, variable: name)
        return TokenOutput(path: path, form: form(format, output.form.attributes, output.form.symlinks))
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
