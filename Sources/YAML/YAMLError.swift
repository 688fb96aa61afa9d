// SPDX-License-Identifier: Apache-2.0

/// Why the bytes are not a valid document. Contains no text of the file, which may hold secrets.
package struct YAMLError: Error, Sendable, Hashable {
    package let mark: Mark
    /// The problem, for people.
    package let message: String
    /// The action, if known.
    package let hint: String?

    package init(_ mark: Mark, _ message: String, hint: String? = nil) {
        self.mark = mark
        self.message = message
        self.hint = hint
    }
}

extension YAMLError {
    static let renderFirst = "if {{ … }} or {% … %} is of a template, render the file first"

    /// A tag, which programs with plug-ins use to compute a value.
    init(_ mark: Mark, tag: String) {
        let hint =
            switch tag.lowercased() {
            case "!vault", "!secret":
                "write secret: { command: […] } or { file: PATH }, and decrypt outside of this file"
            case "!env", "!env_var": "for a secret, write secret: { env: NAME }"
            case "!include", "!import": "write the keys into this file; those that brands share belong into `defaults`"
            default: "a text that begins with ! needs quotes"
            }
        self.init(mark, "tags (!…) are not allowed", hint: hint)
    }

    /// Rewrites the most frequent errors of libyaml in plain words. Its other messages are constants too (scanner.c,
    /// parser.c), so none quotes the file.
    init(_ mark: Mark, context: String, problem: String, found: Unicode.Scalar?) {
        switch (context, problem) {
        case (_, "found character that cannot start any token") where found == "\t":
            self.init(mark, "tabs are not allowed as indentation", hint: "use spaces")
        case (_, "found character that cannot start any token") where found == "%":
            self.init(mark, "a value cannot begin with this character", hint: Self.renderFirst)
        case (_, "found character that cannot start any token"):
            self.init(mark, "a value cannot begin with this character", hint: "put the text in quotes")
        case ("while scanning a quoted scalar", "found unexpected end of stream"):
            self.init(mark, "the quoted text that begins here is not closed", hint: "add the closing quote")
        case (_, "did not find expected ',' or '}'") where found == nil,
            (_, "did not find expected ',' or ']'") where found == nil:
            self.init(mark, "the bracket that opens here is not closed", hint: "add } or ]")
        case ("while parsing a flow node", _) where found == nil:
            self.init(mark, "the file ends inside brackets", hint: "add } or ]")
        case (_, "did not find expected ',' or '}'") where found == "{",
            (_, "did not find expected ',' or ']'") where found == "{":
            self.init(
                mark, "a comma or the closing bracket is missing",
                hint: "put the path in quotes, as in \"/run/{brand}.token\"")
        case (_, "did not find expected ',' or '}'"), (_, "did not find expected ',' or ']'"):
            self.init(
                mark, "a comma or the closing bracket is missing",
                hint: "inside { } and [ ] a text that holds any of { } [ ] , needs quotes")
        case (_, "mapping values are not allowed in this context"):
            self.init(
                mark, "a key is not allowed here",
                hint: "check the indentation; a text that holds a colon and a space needs quotes")
        case (_, "could not find expected ':'"):
            self.init(mark, "a key without a colon", hint: "write key: value")
        case (_, "did not find expected key"), (_, "did not find expected '-' indicator"):
            self.init(mark, "this line does not fit the lines above", hint: "check the indentation")
        case ("", _):
            self.init(mark, problem)
        default:
            self.init(mark, "\(context), \(problem)")
        }
    }
}
