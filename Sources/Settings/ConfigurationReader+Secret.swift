// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

/// A secret's source before `{brand}` is expanded. Messages about it show nothing from the file.
enum SecretTemplate {
    case file(Located<NameTemplate>)
    case environment(Located<NameTemplate>)
    case credential(Located<NameTemplate>)
    case command([NameTemplate], timeout: Duration)
    case value(Secret)

    /// Exactly one of these keys is required.
    static let oneSource = "one of file, env, credential, command or value"
}

extension ConfigurationReader {
    /// Longer than any key that DOKU issues.
    private static let secretByteLimit = 4096

    mutating func secret(_ node: YAMLNode) -> SecretTemplate? {
        guard node.kind == .mapping else {
            return refuse(
                node.mark, "`secret` must be a mapping that names one source",
                hint: "\(SecretTemplate.oneSource), as in secret: { file: PATH }")
        }
        guard let fields = fields(node, of: .secret) else { return nil }
        let sources = fields.all.filter { $0.key != .timeout }
        guard let source = sources.first else {
            return refuse(fields.mark, "`secret` names no source", hint: SecretTemplate.oneSource)
        }
        for other in sources.dropFirst() {
            problems.add(other.keyMark, "`secret` names a second source", hint: "keep one of them")
        }
        if source.key != .command, let timeout = fields[.timeout] {
            problems.add(timeout.keyMark, "`timeout` is valid only with `command`")
        }
        if sources.count > 1 { return nil }
        switch source.key {
        case .file: return pathTemplate(source).map { .file($0) }
        case .env: return text(source).flatMap { template($0, of: source) }.map { .environment($0) }
        case .credential: return text(source).flatMap { template($0, of: source) }.map { .credential($0) }
        case .command: return command(source, timeout: fields[.timeout])
        default: return inlineSecret(source)
        }
    }

    private mutating func command(_ field: Field, timeout: Field?) -> SecretTemplate? {
        let timeout = timeout.map { duration($0, within: .seconds(1)...(.seconds(60))) } ?? .seconds(5)
        guard let argv = arguments(field, hint: "the program's absolute path and its arguments") else { return nil }
        guard argv[0].value.utf8.first == 0x2F else {
            return refuse(
                argv[0].mark, "`command` must begin with an absolute path", hint: "no shell looks it up")
        }
        // A shell expands the script after `-c` itself.
        for argument in argv.prefix(while: { !$0.value.hasPrefix("-") || !$0.value.hasSuffix("c") }) {
            guard let problem = Unexpanded.variable(in: argument.value) else { continue }
            return refuse(argument.mark, "`command` \(problem.message)", hint: "\(problem.hint); no shell runs this")
        }
        return timeout.map { .command(argv.compactMap { NameTemplate($0.value, braces: .free) }, timeout: $0) }
    }

    private mutating func inlineSecret(_ field: Field) -> SecretTemplate? {
        if !isPrivate {
            problems.add(
                field.keyMark, "`value` needs a configuration file that only its owner can read",
                hint: "chmod 600 \(VisibleText.escaping(file))")
        }
        return text(field, byteLimit: Self.secretByteLimit).map { .value(Secret(Array($0.utf8))) }
    }

    /// The source of one brand's secret.
    mutating func expand(_ secret: SecretTemplate, for brandName: String) -> SecretSource? {
        switch secret {
        case .file(let template):
            let path = template.value.expanded(for: brandName)
            return claim(path, .file, as: .input, at: template.mark) ? .file(path: path) : nil
        case .environment(let template):
            let name = template.value.expanded(for: brandName)
            // A variable that is only read may be in lower case.
            guard name.utf8.allSatisfy({ $0 < 0x80 }), VariableName.isWellFormed(name.uppercased()) else {
                return refuse(
                    template.mark, "`env` must be the name of a variable",
                    hint: "letters, digits and _, no digit first")
            }
            return .environment(variable: name)
        case .credential(let template):
            let name = template.value.expanded(for: brandName)
            // A credential's name is a file name (systemd.exec(5)).
            guard name.utf8.count <= LexicalPath.nameLimit, LexicalPath.namesFile(name), !name.utf8.contains(0x2F)
            else {
                return refuse(
                    template.mark, "`credential` must be a plain file name", hint: "without / and at most 255 bytes")
            }
            return .credential(name: name)
        case .command(let arguments, let timeout):
            return .command(argv: arguments.map { $0.expanded(for: brandName) }, timeout: timeout)
        case .value(let secret):
            return .value(secret)
        }
    }
}
