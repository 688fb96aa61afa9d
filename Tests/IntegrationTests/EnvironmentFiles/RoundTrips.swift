// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Publishing
import Settings
import TestSupport
import Testing

/// Sends values through an environment file to an external reader and back. Each value is read unchanged, or was
/// refused before it was written.
struct RoundTrips {
    /// The number of values of a suite; ten times as many with `DOKU_TEST_SCALE=release`.
    static let count = TestScale.choose(2000, release: 20_000)
    /// The number of variables in one file. All are in the environment of one process.
    private static let perFile = 2000

    /// Holds the file, and runs the reader.
    let directory: TemporaryDirectory
    private let dialect: EnvironmentDialect
    private let reader: String

    init(_ dialect: EnvironmentDialect, reader: String) throws {
        directory = try TemporaryDirectory()
        self.dialect = dialect
        self.reader = reader
    }

    func skip(_ reason: String) { Scoreboard.skipped("dialect \(reader)", reason) }

    /// Sends ``count`` values, compares them, and prints the result.
    /// - Parameters:
    ///   - fileName: the file name that the reader expects.
    ///   - read: passes the file at this path to the reader, and returns the values by variable.
    func compare(fileName: String = "tokens.env", read: (String) throws -> [String: String]) throws {
        var values = DialectStream(seed: 20_261_122)
        var mangled = 0
        for start in stride(from: 0, to: Self.count, by: Self.perFile) {
            var file = ""
            var sent: [(variable: String, value: String, line: String)] = []
            while sent.count < Self.perFile {
                let value = values.next()
                let variable = "DOKU_TOKEN_" + VariableName.part(for: "kopi.senja-\(start + sent.count)")
                guard let line = dialect.assignment(variable, value) else {
                    #expect(mayRefuse(value), "\(dialect) refuses \(value)")
                    continue
                }
                file += "\(line)\n"
                sent.append((variable, value, line))
            }
            try directory.write(file, to: fileName)
            let received = try read(directory.path(fileName))
            for (variable, value, line) in sent where received[variable] != value {
                mangled += 1
                Issue.record("\(reader) reads \(received[variable] ?? "nothing") from \(line)")
            }
            // The reader found no other variables.
            let foreign = received.keys.filter { $0.hasPrefix("DOKU_TOKEN_") }.count - sent.count
            #expect(foreign == 0)
        }
        Scoreboard.say("scoreboard: dialect \(reader): \(Self.count) round trips, \(mangled) mangled")
    }

    /// A shell and systemd carry all visible characters. The other dialects cannot write some of them.
    private func mayRefuse(_ value: String) -> Bool {
        guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return true }
        return switch dialect {
        case .systemd, .posix: false
        case .docker: value.isEmpty || value.hasPrefix(" ") || value.hasSuffix(" ")
        case .dotenv: value.contains("'") || value.contains("\\") || value.contains("${")
        }
    }
}

/// The hard values, then an endless sequence of seeded ones: tokens, visible characters, special characters of the
/// readers, and values that no dialect carries.
private struct DialectStream {
    private static let special = Array(#" '"\$`#=;&|<>(){}[]*?~!%^\n${HOME}$(id)a"#.utf8)
    private static let base64URL = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let unrepresentable = [
        "\n", "\r", "\t", "\0", "\u{7f}", "\u{1b}", "\u{e9}", "\u{2028}", "\u{1f511}",
    ]

    private var generator: SeededGenerator
    private var index = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> String {
        defer { index += 1 }
        if index < DialectValues.hard.count { return DialectValues.hard[index] }
        switch index % 5 {
        case 0:
            let length = Int.random(in: 20...300, using: &generator)
            let payload = generator.text(length: length, from: Self.base64URL)
            return "eyJhbGciOiJSUzI1NiJ9.\(payload).\(generator.text(length: 43, from: Self.base64URL))"
        case 1: return text(from: visibleASCII)
        case 2: return text(from: Self.special)
        case 3: return text(from: visibleASCII.filter { !"'\\$".utf8.contains($0) })
        default:
            let stranger = Self.unrepresentable[Int.random(in: Self.unrepresentable.indices, using: &generator)]
            return text(from: visibleASCII) + stranger + text(from: visibleASCII)
        }
    }

    private mutating func text(from alphabet: [UInt8]) -> String {
        generator.text(length: Int.random(in: 0...40, using: &generator), from: alphabet)
    }
}
