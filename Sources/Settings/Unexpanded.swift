// SPDX-License-Identifier: Apache-2.0

/// Text that another program should have replaced. This program replaces only `{brand}` and `{BRAND}`. Messages do not
/// show the text, because it may be part of a secret.
enum Unexpanded {
    typealias Problem = (message: String, hint: String)

    /// The problem with a value.
    static func problem(of text: String, in key: ConfigurationKey) -> Problem? {
        guard text.utf8.contains(where: { "${~".utf8.contains($0) }) else { return nil }
        switch key {
        // The programs may use such text themselves. ``ConfigurationReader`` checks a secret's command as a whole.
        case .run, .command: return nil
        case .value:
            if text.wholeMatch(of: /\$\{[A-Za-z_][^}]*\}/) != nil {
                return ("is a variable, which is not expanded", "write secret: { env: NAME }")
            }
            return text.hasPrefix("{{") && text.hasSuffix("}}") ? template : nil
        default: return text.contains("{{") || text.contains("{%") ? template : variable(in: text)
        }
    }

    private static let template = ("holds {{ … }} of a template that was not rendered", "render the file first")

    /// A home directory or a variable, as a shell would expand them.
    static func variable(in text: String) -> Problem? {
        if text.hasPrefix("~"), text.utf8.contains(0x2F) {
            return ("begins with ~, which is not expanded", "write the path in full")
        }
        guard text.contains(/\$\{[A-Za-z_]|(^|\/)\$[A-Za-z_][A-Za-z0-9_]*(\/|$)/) else { return nil }
        return (
            "holds a variable ($NAME or ${NAME}), which is not expanded", "write its value; only {brand} is replaced"
        )
    }
}
