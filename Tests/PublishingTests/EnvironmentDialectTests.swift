// SPDX-License-Identifier: Apache-2.0

import Model
import Publishing
import TestSupport
import Testing

@Suite struct EnvironmentDialectTests {
    @Test(arguments: EnvironmentDialect.allCases)
    func `a value is refused or read back unchanged`(dialect: EnvironmentDialect) {
        var carried = 0
        for value in DialectValues.random(8000, seed: 20_261_122) + DialectValues.hard {
            guard let line = dialect.assignment("DOKU_TOKEN", value) else { continue }
            carried += 1
            #expect(!line.contains("\n"))
            #expect(dialect.assignments(in: Array("\(line)\n".utf8)) == ["DOKU_TOKEN": Array(value.utf8)], "\(line)")
        }
        #expect(carried >= (dialect == .dotenv ? 4000 : 7000))
    }

    @Test(arguments: EnvironmentDialect.allCases)
    func `many lines of one file are read back by name`(dialect: EnvironmentDialect) {
        var text = ""
        var expected: [String: [UInt8]] = [:]
        for (index, value) in DialectValues.random(2000, seed: 7).enumerated() {
            guard let line = dialect.assignment("TOKEN_\(index)", value) else { continue }
            text += "\(line)\n"
            expected["TOKEN_\(index)"] = Array(value.utf8)
        }
        #expect(dialect.assignments(in: Array(text.utf8)) == expected)
    }

    /// A JWT, and all characters that every reader accepts without quotes.
    @Test(arguments: EnvironmentDialect.allCases)
    func `every dialect carries a token`(dialect: EnvironmentDialect) {
        let plain = "ABCXYZabcxyz0189!%*+,-./:?@[]^_{}"
        for value in [Sample.jwt(left: 100), plain] {
            let line = dialect == .posix ? "export A='\(value)'" : "A=\(value)"
            #expect(dialect.assignment("A", value) == line)
        }
    }

    @Test(
        arguments: EnvironmentDialect.allCases,
        ["a\nb", "a\r", "\0", "\t", "\u{7f}", "\u{1b}[31m", "\u{e9}", "\u{2028}", "\u{1f511}", "a\r\nb"])
    func `non-ASCII and control characters are refused`(dialect: EnvironmentDialect, value: String) {
        #expect(dialect.assignment("A", value) == nil)
    }

    /// By the manuals: systemd.exec(5), POSIX's shell language §2.2, docker-run(1), python-dotenv's README.
    @Test(arguments: [
        (EnvironmentDialect.systemd, "a b", String?.some(#"A="a b""#)),
        (.systemd, #"a"b\c$d`e"#, #"A="a\"b\\c\$d\`e""#),
        (.systemd, "a'b", #"A="a'b""#), (.systemd, "#a", ##"A="#a""##), (.systemd, "", "A="),
        (.posix, "a'b", #"export A='a'\''b'"#), (.posix, "'", #"export A=''\'''"#), (.posix, "", "export A=''"),
        (.posix, "$HOME`id`\\", #"export A='$HOME`id`\'"#), (.posix, "{a,b}", "export A='{a,b}'"),
        (.docker, "'a b'", "A='a b'"), (.docker, #"a"b\c$d"#, #"A=a"b\c$d"#), (.docker, "a#b", "A=a#b"),
        (.docker, "", nil), (.docker, " a", nil), (.docker, "a ", nil),
        (.dotenv, "a b", "A='a b'"), (.dotenv, "a#b", "A='a#b'"), (.dotenv, #"a"b"#, #"A='a"b'"#),
        (.dotenv, "a'b", nil), (.dotenv, "a\\b", nil), (.dotenv, "a${b}", nil), (.dotenv, "a$b", "A='a$b'"),
    ])
    func `each dialect quotes as its readers expect`(dialect: EnvironmentDialect, value: String, expected: String?) {
        #expect(dialect.assignment("A", value) == expected)
    }

    /// A line that this program would not write is ignored. The lines around it are read.
    @Test(arguments: [
        (EnvironmentDialect.posix, "A='1'"), (.posix, "export A=1"), (.posix, "export A=\"1\""), (.posix, "export A='"),
        (.posix, "export A"), (.posix, " export A='1'"), (.systemd, "A"), (.systemd, "A=\"1"), (.systemd, "A=\""),
        (.systemd, #"A="1\""#), (.dotenv, "A='1"), (.dotenv, "A='"), (.dotenv, "A"), (.docker, "A"),
    ])
    func `a line with another syntax assigns nothing`(dialect: EnvironmentDialect, line: String) throws {
        let (before, after) = (dialect.assignment("B", "2"), dialect.assignment("C", "3"))
        let text = "\(try #require(before))\n\(line)\n\n\(try #require(after))\n"
        #expect(dialect.assignments(in: Array(text.utf8)) == ["B": [UInt8(ascii: "2")], "C": [UInt8(ascii: "3")]])
    }

    @Test(arguments: EnvironmentDialect.allCases)
    func `arbitrary bytes never crash the reader`(dialect: EnvironmentDialect) {
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: .min ... .max, using: &generator)
                    : Array("='\"\\\nexport A".utf8)[Int.random(in: 0..<13, using: &generator)]
            }
            for (_, value) in dialect.assignments(in: bytes) { #expect(value.count <= bytes.count) }
        }
    }
}

@Suite struct OutputFormatTests {
    private static let formats: [OutputFormat] =
        [.raw(newline: false), .raw(newline: true), .header, .json]
        + EnvironmentDialect.allCases.map { .environment(dialect: $0, variable: "DOKU_TOKEN") }

    @Test(arguments: formats.indices)
    func `a token is read back from its file or refused`(index: Int) throws {
        let format = Self.formats[index]
        var generator = SeededGenerator(seed: 5)
        let letters = visibleASCII.filter { $0 != 0x20 }
        var carried = 0
        for _ in 0..<2000 {
            let length = Int.random(in: 1...64, using: &generator)
            let token = try Sample.token(generator.text(length: length, from: letters))
            guard let contents = format.contents(of: token, brand: "kopi-senja", clientID: "BRN-\"2") else { continue }
            carried += 1
            #expect(format.token(in: contents)?.text == token.text)
        }
        #expect(carried == 2000 || format == .environment(dialect: .dotenv, variable: "DOKU_TOKEN"))
        for text in [Sample.jwt(left: 21_600), String(repeating: "a", count: Token.maximumSize)] {
            let token = try Sample.token(text)
            let contents = try #require(format.contents(of: token, brand: "a", clientID: "B"))
            #expect(format.token(in: contents) == token)
        }
    }

    @Test(arguments: formats.indices)
    func `a file is exact if publishing its token again would not change it`(index: Int) throws {
        let format = Self.formats[index]
        let token = try Sample.token(Sample.jwt(left: 21_600))
        var (exact, inexact) = (0, 0)
        for other in Self.formats {
            let written = try #require(other.contents(of: token, brand: "kopi", clientID: "BRN-2"))
            for contents in [written, written + [0x0a], written.dropLast()] {
                guard let found = format.token(in: contents) else { continue }
                let isExact = format.contents(of: found, brand: "kopi", clientID: "BRN-2") == contents
                #expect(format.isExact(contents, of: found, brand: "kopi", clientID: "BRN-2") == isExact)
                if isExact { exact += 1 } else { inexact += 1 }
            }
        }
        #expect(exact > 0)
        #expect(inexact > 0 || format == .header)
    }

    @Test func `each format is written as documented`() throws {
        let token = try Sample.token("a.b/c")
        func text(_ format: OutputFormat) -> String? {
            format.contents(of: token, brand: "kopi", clientID: "BRN-2").map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(text(.raw(newline: false)) == "a.b/c")
        #expect(text(.raw(newline: true)) == "a.b/c\n")
        #expect(text(.header) == "Authorization: Bearer a.b/c\n")
        #expect(text(.environment(dialect: .systemd, variable: "T")) == "T=a.b/c\n")
        #expect(text(.environment(dialect: .posix, variable: "T")) == "export T='a.b/c'\n")
    }

    @Test func `the JSON document has brand, client, token, issue time and expiry time`() throws {
        let token = try Sample.token(Sample.jwt(left: 21_600))
        let contents = try #require(OutputFormat.json.contents(of: token, brand: "kopi", clientID: "BRN-2"))
        #expect(
            String(decoding: contents, as: UTF8.self) == """
                {"brand":"kopi","client_id":"BRN-2","expires_at":"2026-11-22T15:30:00Z",\
                "issued_at":"2026-11-22T09:30:00Z","token":"\(token.text)"}

                """)
    }

    @Test(arguments: [
        (OutputFormat.raw(newline: false), ""), (.raw(newline: false), "\n"), (.raw(newline: false), "a\n\n"),
        (.raw(newline: true), "a b\n"), (.raw(newline: false), "a\0"), (.header, "a"),
        (.header, "Authorization: Bearer a"),
        (.header, "Authorization: Bearer \n"), (.header, "authorization: bearer a\n"),
        (.header, "Authorization: Bearer a\nX: y\n"), (.json, ""), (.json, "{}"), (.json, "[]"), (.json, "a"),
        (.json, #"{"brand":"a","client_id":"B","token":""}"#), (.json, #"{"brand":"a","client_id":"B","token":5}"#),
        (.json, #"{"brand":"a","client_id":"B","token":"a"#),
        (.environment(dialect: .systemd, variable: "T"), "S=a\n"),
        (.environment(dialect: .systemd, variable: "T"), "T=\n"),
        (.environment(dialect: .posix, variable: "T"), "T='a'\n"),
    ])
    func `a truncated, empty or foreign file holds no token`(format: OutputFormat, contents: String) {
        #expect(format.token(in: Array(contents.utf8)) == nil)
    }
}
