// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not one acceptable YAML document. It carries no text of the file, which may hold secrets.
package struct YAMLError: Error, Sendable, Hashable {
    package let mark: Mark
    /// What is wrong, for people.
    package let message: String
    /// What to do about it, where that is known.
    package let hint: String?

    package init(_ mark: Mark, _ message: String, hint: String? = nil) {
        self.mark = mark
        self.message = message
        self.hint = hint
    }
}

extension YAMLError {
    /// In plain words, what libyaml says about the errors that people make most. Its other
    /// messages are constants as well (scanner.c, parser.c), so none quotes the file.
    init(_ mark: Mark, context: String, problem: String, found: Unicode.Scalar?) {
        switch (context, problem) {
        case (_, "found character that cannot start any token") where found == "\t":
            self.init(mark, "a tab cannot indent", hint: "use spaces")
        case (_, "found character that cannot start any token"):
            self.init(mark, "a text cannot begin with this character", hint: "put the text in quotes")
        case ("while scanning a quoted scalar", "found unexpected end of stream"):
            self.init(mark, "a quoted text that begins here is never closed")
        case (_, "did not find expected ',' or '}'") where found == nil,
            (_, "did not find expected ',' or ']'") where found == nil:
            self.init(mark, "a bracket that opens here is never closed")
        case ("while parsing a flow node", _) where found == nil:
            self.init(mark, "the file ends inside brackets")
        case (_, "did not find expected ',' or '}'"), (_, "did not find expected ',' or ']'"):
            self.init(
                mark, "a comma or the closing bracket is missing",
                hint: "inside { } and [ ] a text that holds any of { } [ ] , needs quotes")
        case (_, "mapping values are not allowed in this context"):
            self.init(
                mark, "a key cannot stand here",
                hint: "check the indentation; a text that holds a colon and a space needs quotes")
        case (_, "could not find expected ':'"):
            self.init(mark, "a key without a colon", hint: "write key: value")
        case (_, "did not find expected key"), (_, "did not find expected '-' indicator"):
            self.init(mark, "this does not continue what stands above", hint: "check the indentation")
        case ("", _):
            self.init(mark, problem)
        default:
            self.init(mark, "\(context), \(problem)")
        }
    }
}
