// SPDX-License-Identifier: Apache-2.0

/// Seeded values of visible ASCII and spaces: arbitrary ones, special characters of the readers, and JWT characters.
package enum DialectValues {
    package static func random(_ count: Int, seed: UInt64) -> [String] {
        var generator = SeededGenerator(seed: seed)
        let special = Array(#" '"\$`#=;&|<>(){}[]*?~!%^\n${HOME}$(id)a"#.utf8)
        let token = Array("ABCxyz019-_.".utf8)
        let dotenv = visibleASCII.filter { !"'\\$".utf8.contains($0) }
        return (0..<count).map { index in
            let length = Int.random(in: 0...40, using: &generator)
            return generator.text(length: length, from: [visibleASCII, special, token, dotenv][index % 4])
        }
    }

    /// Values that have broken a reader.
    package static let hard = [
        "", " ", "  ", "a b", " a", "a ", "'", "''", "'''", "\"", "\"\"", "\\", "\\\\", "\\'", "'\\''", "\\\"", "$",
        "$$",
        "$HOME", "${HOME}", "$(id)", "`id`", "a\\", "a'", "'a'", "\"a\"", "a\"b'c", "#", "a#b", "a #b", "# a", "=",
        "==",
        "a=b", "export A=1", "\\n", "\\x41", "\\101", "%m", "%%", "!", "!!", "~", "~root", "*", "?", "[a]", "{a,b}",
        "{1..3}", "a;b", "a&b", "a|b", "<a", ">a", "a\\$b", "\\`", "-n", "-e", "--", "a\\ b", "'$'", "\"$\"", "'#'",
        "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTUzNjE0MDB9.c2ln-bmF0dXJl_", "a+b/c==",
    ]
}
