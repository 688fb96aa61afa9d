// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import TokenRotation

/// Every dialect: a value is refused, or every reader of the dialect gets the very same value back. The readers' rules
/// are written down here a second time, from their documentation and sources.
func fuzzDialect(_ bytes: [UInt8]) {
    let value = String(decoding: bytes, as: UTF8.self)
    for dialect in EnvironmentDialect.allCases {
        guard let line = dialect.assignment("NAME", value) else {
            let isPlain =
                !value.isEmpty
                && value.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                        || "-_.".utf8.contains(byte)
                }
            require(!isPlain, "\(dialect) refuses what a JWT is made of")
            continue
        }
        require(!line.utf8.contains { $0 < 0x20 || $0 > 0x7e }, "\(dialect) writes other characters")
        let file = Array("# others\n\(line)\nOTHER=1\n".utf8)
        require(dialect.assignments(in: file)["NAME"] == Array(value.utf8), "\(dialect) is not read back by ourselves")
        let read: [String?] =
            switch dialect {
            case .posix: [ReaderRules.shell(line)]
            case .systemd: [ReaderRules.systemd(line)]
            case .docker: [ReaderRules.docker(line)]
            case .dotenv: [ReaderRules.pythonDotenv(line), ReaderRules.node(line)]
            }
        for result in read { require(result == value, "\(dialect): a reader gets \(result ?? "nothing") from \(line)") }
    }
}

/// What the readers of environment files make of one line that assigns to NAME; nil where they make nothing of it.
enum ReaderRules {
    /// `export NAME=word` in a POSIX shell (XCU 2.2 and 2.6): quotes are removed, and whatever would be expanded, split
    /// or end the command counts as nothing.
    static func shell(_ line: String) -> String? {
        guard line.hasPrefix("export NAME=") else { return nil }
        var value = ""
        var rest = line.dropFirst("export NAME=".count)
        while let character = rest.popFirst() {
            switch character {
            case "'":
                guard let end = rest.firstIndex(of: "'") else { return nil }
                value += rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                value.append(next)
            case "\"", "$", "`", " ", ";", "&", "|", "<", ">", "(", ")", "*", "?", "[", "{", "~", "#", "!": return nil
            default: value.append(character)
            }
        }
        return value
    }

    /// systemd's `parse_env_file_internal` (src/basic/env-file.c).
    static func systemd(_ line: String) -> String? {
        guard line.hasPrefix("NAME=") else { return nil }
        var value = ""
        var rest = line.dropFirst(5).drop { $0 == " " || $0 == "\t" }
        if rest.first == "\"" {
            rest.removeFirst()
            while let character = rest.popFirst() {
                if character == "\"" { return rest.isEmpty ? value : nil }
                if character == "\\" {
                    guard let next = rest.popFirst() else { return nil }
                    if !"\"\\`$".contains(next) { value.append("\\") }
                    value.append(next)
                } else {
                    value.append(character)
                }
            }
            return nil
        }
        if rest.first == "'" { return nil }
        while let character = rest.popFirst() {
            if character == "\\" { return nil }
            value.append(character)
        }
        while value.last == " " || value.last == "\t" { value.removeLast() }
        return value
    }

    /// `docker run --env-file` (docker/cli, opts/file.go): blanks at the line's start go, everything behind the equals
    /// sign stays, a line may have 64 KiB.
    static func docker(_ line: String) -> String? {
        let line = line.drop { $0 == " " || $0 == "\t" }
        guard line.utf8.count < 65_536, !line.hasPrefix("#"), line.hasPrefix("NAME=") else { return nil }
        return String(line.dropFirst(5))
    }

    /// python-dotenv's parser: single quotes with `\\` and `\'`, otherwise up to ` #`, trimmed; `${…}` is expanded.
    static func pythonDotenv(_ line: String) -> String? {
        guard line.hasPrefix("NAME="), !line.contains("${") else { return nil }
        let rest = line.dropFirst(5)
        if rest.first == "'" {
            guard rest.count >= 2, rest.last == "'" else { return nil }
            let inside = rest.dropFirst().dropLast()
            return inside.contains("'") || inside.contains("\\") ? nil : String(inside)
        }
        if rest.first == "\"" { return nil }
        if rest.contains(" ") || rest.contains("\t") || rest.first == "#" { return nil }
        return String(rest)
    }

    /// Node's `--env-file` (src/node_dotenv.cc): quotes of three kinds enclose, otherwise up to `#`, trimmed.
    static func node(_ line: String) -> String? {
        guard line.hasPrefix("NAME=") else { return nil }
        let rest = line.dropFirst(5)
        if rest.first == "'" {
            guard rest.count >= 2, rest.last == "'" else { return nil }
            let inside = rest.dropFirst().dropLast()
            return inside.contains("'") ? nil : String(inside)
        }
        if rest.first == "\"" || rest.first == "`" || rest.contains("#") { return nil }
        if rest.first == " " || rest.last == " " { return nil }
        return String(rest)
    }
}
