// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Settings
import TestSupport
import Testing
import TokenRotation

/// Values on their way through an environment file to a reader that is not ours and back: each is read as it was, or
/// was refused before it was written.
struct RoundTrips {
    /// How many values a suite sends: what fits everyday testing, or ten times as many (`DOKU_TEST_SCALE=release`).
    static let count = ProcessInfo.processInfo.environment["DOKU_TEST_SCALE"] == "release" ? 20_000 : 2000
    /// Variables of one file: they all go into the environment of one process.
    private static let perFile = 2000

    private let dialect: EnvironmentDialect
    private let reader: String

    init(_ dialect: EnvironmentDialect, reader: String) {
        self.dialect = dialect
        self.reader = reader
    }

    func skip(_ reason: String) {
        say("skipped: \(reason)")
    }

    /// Sends ``count`` values, compares, and prints how it went.
    /// - Parameters:
    ///   - fileName: how the reader wants its file to be called.
    ///   - read: gives the reader the file at this path; what it makes of it, by variable.
    func compare(fileName: String = "tokens.env", read: (String) throws -> [String: String]) throws {
        let folder = try TestFolder()
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
            try folder.write(file, to: fileName)
            let received = try read(folder.path(fileName))
            for (variable, value, line) in sent where received[variable] != value {
                mangled += 1
                Issue.record("\(reader) reads \(received[variable] ?? "nothing") from \(line)")
            }
            // Nobody else's variables came out of our lines.
            let foreign = received.keys.filter { $0.hasPrefix("DOKU_TOKEN_") }.count - sent.count
            #expect(foreign == 0)
        }
        say("\(Self.count) round trips, \(mangled) mangled")
    }

    /// At once: what stands in a buffer is lost with a test process that crashes.
    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data("scoreboard: dialect \(reader): \(text)\n".utf8))
    }

    /// A shell and systemd carry everything that can be seen; the others have no way to write some of it.
    private func mayRefuse(_ value: String) -> Bool {
        guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return true }
        return switch dialect {
        case .systemd, .posix: false
        case .docker: value.isEmpty || value.hasPrefix(" ") || value.hasSuffix(" ")
        case .dotenv: value.contains("'") || value.contains("\\") || value.contains("${")
        }
    }
}

/// The hard values, then seeded ones without end: tokens, all that can be seen, what readers treat specially, and what
/// no dialect carries.
private struct DialectStream {
    private static let special = Array(#" '"\$`#=;&|<>(){}[]*?~!%^\n${HOME}$(id)a"#.utf8)
    private static let base64URL = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let uncarried = ["\n", "\r", "\t", "\0", "\u{7f}", "\u{1b}", "\u{e9}", "\u{2028}", "\u{1f511}"]

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
            let stranger = Self.uncarried[Int.random(in: Self.uncarried.indices, using: &generator)]
            return text(from: visibleASCII) + stranger + text(from: visibleASCII)
        }
    }

    private mutating func text(from alphabet: [UInt8]) -> String {
        generator.text(length: Int.random(in: 0...40, using: &generator), from: alphabet)
    }
}
