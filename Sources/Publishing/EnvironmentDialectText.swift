// SPDX-License-Identifier: Apache-2.0

internal import Model

extension EnvironmentDialect {
    /// One line, without a newline, that assigns `value` to `variable`. Returns nil if this dialect's readers would
    /// change the value.
    ///
    /// The characters that each reader accepts were measured with dash, bash, busybox, mksh, zsh, systemd 252,
    /// `docker --env-file`, python-dotenv and Node.
    package func assignment(_ variable: String, _ value: String) -> String? {
        guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
        let isPlain = value.utf8.allSatisfy(Self.isPlain)
        switch self {
        case .systemd:
            return isPlain ? "\(variable)=\(value)" : "\(variable)=\(Self.doubleQuoted(value))"
        case .posix:
            // Always quoted: a shell expands braces in the words of `export`.
            return
                "export \(variable)='\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
        case .docker:
            // Everything after `=` is the value, including quotes. Blanks at its ends may be trimmed.
            guard !value.isEmpty, value.first != " ", value.last != " " else { return nil }
            return "\(variable)=\(value)"
        case .dotenv:
            if isPlain { return "\(variable)=\(value)" }
            guard !value.contains("'"), !value.contains("\\"), !value.contains("${") else { return nil }
            return "\(variable)='\(value)'"
        }
    }

    /// The assignments in a file of this dialect that this program wrote, by variable. Other lines are ignored.
    package func assignments(in text: some Collection<UInt8>) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for line in text.split(separator: 0x0a) {
            var line = line[...]
            if self == .posix {
                guard line.starts(with: "export ".utf8) else { continue }
                line = line.dropFirst(7)
            }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let variable = String(decoding: line[..<equals], as: UTF8.self)
            let written = Array(line[line.index(after: equals)...])
            if let value = unquoted(written) { found[variable] = value }
        }
        return found
    }

    /// The value for the text that ``assignment(_:_:)`` writes after the equals sign.
    private func unquoted(_ written: [UInt8]) -> [UInt8]? {
        let single = UInt8(ascii: "'")
        let double = UInt8(ascii: "\"")
        switch self {
        case .docker: return written
        case .systemd:
            guard written.first == double else { return written }
            guard written.count >= 2, written.last == double else { return nil }
            var value: [UInt8] = []
            var isEscaped = false
            for byte in written.dropFirst().dropLast() {
                if !isEscaped, byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    value.append(byte)
                    isEscaped = false
                }
            }
            return isEscaped ? nil : value
        case .posix:
            guard written.count >= 2, written.first == single, written.last == single else { return nil }
            let inside = String(decoding: written.dropFirst().dropLast(), as: UTF8.self)
            return Array(inside.split(separator: "'\\''", omittingEmptySubsequences: false).joined(separator: "'").utf8)
        case .dotenv:
            guard written.first == single else { return written }
            guard written.count >= 2, written.last == single else { return nil }
            return Array(written.dropFirst().dropLast())
        }
    }

    /// Whether the byte needs no quotes in any of the nine readers. Every byte of a JWT is plain.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!%*+,-./:?@[]^_{}".utf8.contains(byte)
        }
    }

    /// A value in systemd's double quotes, with a backslash before each of `\ " $` and the backtick.
    private static func doubleQuoted(_ value: String) -> String {
        var quoted = "\""
        for character in value {
            if "\\\"$`".contains(character) { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
