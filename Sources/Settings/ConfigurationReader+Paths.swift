// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

extension ConfigurationReader {
    /// A path that may contain placeholders, resolved against the configuration file's directory.
    mutating func pathTemplate(_ node: YAMLNode, _ key: ConfigurationKey) -> NameTemplate? {
        guard let text = text(node, key) else { return nil }
        guard LexicalPath.namesFile(text) else {
            problems.add(node.mark, "`\(key)` names a directory, not a file")
            return nil
        }
        if text.utf8.starts(with: "~/".utf8) {
            problems.add(node.mark, "`\(key)` begins with ~, which is not expanded", hint: "write it in full")
            return nil
        }
        // A brand's name contains no slash and is never `.` or `..`, so an expanded path needs no further resolution.
        guard let template = NameTemplate(LexicalPath.resolve(text, in: "")) else {
            noteUnknownPlaceholder(node, key)
            return nil
        }
        // The directory comes from the command line, so braces in it are valid.
        if text.utf8.first == 0x2F { return template }
        return NameTemplate(LexicalPath.resolve(text, in: directory), braces: .free)
    }

    mutating func noteUnknownPlaceholder(_ node: YAMLNode, _ key: ConfigurationKey) {
        problems.add(
            node.mark, "`\(key)` contains a brace that is not part of a placeholder",
            hint: "{brand} and {BRAND} are the only ones")
    }

    /// A path without placeholders.
    mutating func fixedPath(_ node: YAMLNode, _ key: ConfigurationKey) -> String? {
        guard let text = text(node, key) else { return nil }
        let path = LexicalPath.resolve(text, in: directory)
        guard claim(path, key, as: .input, nameLimit: LexicalPath.nameLimit, at: node.mark) else { return nil }
        return path
    }

    /// Whether this use of a path is compatible with all earlier uses.
    mutating func claim(
        _ path: String, _ key: ConfigurationKey, as use: PathClaims.Use, nameLimit: Int, at mark: Mark
    ) -> Bool {
        if let problem = LexicalPath.lengthProblem(path, nameLimit: nameLimit) {
            problems.add(mark, "`\(key)` \(problem)")
            return false
        }
        guard let earlier = paths.note(path, as: use, at: mark) else { return true }
        // The report of this invalid configuration must not overwrite the other use of the path.
        report.disown(path)
        switch (earlier.use, use) {
        case (.configuration, _):
            problems.add(mark, "this output is the configuration file itself")
        case (.output, .output) where earlier.mark == mark:
            problems.add(mark, "several brands would share this output file", hint: "put {brand} into its path")
        case (.output, .output):
            problems.add(mark, "two outputs have this path: the other is in line \(earlier.mark.line)")
        case (.output, _):
            problems.add(mark, "this file is also an output: see line \(earlier.mark.line)")
        case (.input, _):
            problems.add(mark, "this output would overwrite a file that is read: see line \(earlier.mark.line)")
        }
        return false
    }
}
