// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

/// How a file that the configuration names is used.
enum FileUse {
    case configuration
    /// Only read: a secret or a certificate. Any number of brands may share it.
    case input
    /// Written by a run.
    case output
}

extension ConfigurationReader {
    /// A path that may contain placeholders, resolved against the configuration file's directory.
    mutating func pathTemplate(_ field: Field) -> Located<NameTemplate>? {
        guard let text = text(field) else { return nil }
        guard LexicalPath.namesFile(text) else {
            return refuse(field, "names a directory, not a file", hint: "name a file in it")
        }
        // A brand's name contains no slash and is never `.` or `..`, so an expanded path needs no further resolution.
        guard let template = template(LexicalPath.resolve(text, in: ""), of: field) else { return nil }
        // The directory comes from the command line, so braces in it are valid.
        if text.utf8.first == 0x2F { return template }
        return NameTemplate(LexicalPath.resolve(text, in: directory), braces: .free)
            .map { Located(value: $0, mark: field.mark) }
    }

    /// A text that may contain placeholders.
    mutating func template(_ text: String, of field: Field) -> Located<NameTemplate>? {
        guard let template = NameTemplate(text) else {
            return refuse(
                field, "contains a brace that is not part of a placeholder",
                hint: "{brand} and {BRAND} are the only ones")
        }
        return Located(value: template, mark: field.mark)
    }

    /// A path without placeholders.
    mutating func fixedPath(_ field: Field, as use: FileUse = .input) -> String? {
        guard let text = text(field) else { return nil }
        guard use == .input || LexicalPath.namesFile(text) else {
            return refuse(field, "names a directory, not a file", hint: "name a file in it")
        }
        let path = LexicalPath.resolve(text, in: directory)
        return claim(path, field.key, as: use, at: field.mark) ? path : nil
    }

    /// Whether this use of a path is compatible with all earlier uses.
    mutating func claim(_ path: String, _ key: ConfigurationKey, as use: FileUse, at mark: Mark) -> Bool {
        let nameLimit = use == .output ? LexicalPath.outputNameLimit : LexicalPath.nameLimit
        if let problem = LexicalPath.lengthProblem(path, nameLimit: nameLimit) {
            problems.add(mark, "`\(key)` \(problem)", hint: "use a shorter path")
            return false
        }
        guard let earlier = paths.insert((use, mark), unlessPresent: path), use == .output || earlier.use == .output
        else { return true }
        // The report of this invalid configuration must not overwrite the other use of the path.
        report.disown(path)
        let anotherFile = "choose another file"
        switch (earlier.use, use) {
        case (.configuration, _):
            problems.add(mark, "this output is the configuration file itself", hint: anotherFile)
        case (.output, .output) where earlier.mark == mark:
            problems.add(mark, "several brands would share this output file", hint: "put {brand} into its path")
        case (.output, .output):
            problems.add(
                mark, "two outputs have this path: the other is in line \(earlier.mark.line)", hint: anotherFile)
        case (.output, _):
            problems.add(mark, "this file is also an output: see line \(earlier.mark.line)", hint: anotherFile)
        case (.input, _):
            problems.add(
                mark, "this output would overwrite a file that is read: see line \(earlier.mark.line)",
                hint: anotherFile)
        }
        return false
    }
}

extension Dictionary {
    /// Inserts a value if the key is absent, with one look-up.
    /// - Returns: the value that the key already had, which stays; nil if it had none.
    mutating func insert(_ value: Value, unlessPresent key: Key) -> Value? {
        let before = count
        let held = { (held: inout Value) in held }(&self[key, default: value])
        return count == before ? held : nil
    }
}
