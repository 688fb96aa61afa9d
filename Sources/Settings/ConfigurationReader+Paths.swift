// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

extension ConfigurationReader {
    /// A path that may hold a brand's name, resolved against the configuration file's directory.
    mutating func pathTemplate(_ node: YAMLNode, _ key: ConfigurationKey) -> NameTemplate? {
        guard let text = text(node, key) else { return nil }
        guard LexicalPath.namesFile(text) else {
            problems.add(node.mark, "`\(key)` names a directory, not a file")
            return nil
        }
        if text.utf8.starts(with: "~/".utf8) {
            problems.add(node.mark, "`\(key)` begins with ~, which no shell expands here", hint: "write it in full")
            return nil
        }
        // A brand's name holds no slash and is never a dot alone, so what is resolved stays resolved.
        guard let template = NameTemplate(LexicalPath.resolve(text, in: "")) else {
            noteUnknownPlaceholder(node, key)
            return nil
        }
        // The directory was typed on the command line: braces in it are no mistake.
        if text.utf8.first == 0x2F { return template }
        return NameTemplate(LexicalPath.resolve(text, in: directory), braces: .free)
    }

    mutating func noteUnknownPlaceholder(_ node: YAMLNode, _ key: ConfigurationKey) {
        problems.add(
            node.mark, "`\(key)` holds a brace that is not part of a placeholder",
            hint: "{brand} and {BRAND} are the only ones")
    }

    /// A path that is one for the whole file.
    mutating func fixedPath(_ node: YAMLNode, _ key: ConfigurationKey) -> String? {
        guard let text = text(node, key) else { return nil }
        let path = LexicalPath.resolve(text, in: directory)
        guard claim(path, key, as: .input, nameLimit: LexicalPath.nameLimit, at: node.mark) else { return nil }
        return path
    }

    /// Whether this use of a path can stand beside all others.
    mutating func claim(
        _ path: String, _ key: ConfigurationKey, as use: PathRegister.Use, nameLimit: Int, at mark: Mark
    ) -> Bool {
        if let problem = LexicalPath.lengthProblem(path, nameLimit: nameLimit) {
            problems.add(mark, "`\(key)` \(problem)")
            return false
        }
        guard let earlier = paths.note(path, as: use, at: mark) else { return true }
        // Told of this very configuration, the report would be written over what else the path is.
        report.disown(path)
        switch (earlier.use, use) {
        case (.configuration, _):
            problems.add(mark, "this output is the configuration file itself")
        case (.output, .output) where earlier.mark == mark:
            problems.add(mark, "this output is one file for several brands", hint: "put {brand} into its path")
        case (.output, .output):
            problems.add(mark, "two outputs have this path: the other stands in line \(earlier.mark.line)")
        case (.output, _):
            problems.add(mark, "this file is also an output: see line \(earlier.mark.line)")
        case (.input, _):
            problems.add(mark, "this output would overwrite a file that is read: see line \(earlier.mark.line)")
        }
        return false
    }
}
