// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much of a suite is run: what fits everyday testing, or all of it (`DOKU_TEST_SCALE=release`).
package enum TestScale {
    package static let isRelease = ProcessInfo.processInfo.environment["DOKU_TEST_SCALE"] == "release"

    /// How much longer than built as usual a program may take: a sanitizer's has more to do.
    package static let slowdown = Double(ProcessInfo.processInfo.environment["DOKU_TEST_SLOWDOWN"] ?? "") ?? 1

    package static func choose(_ everyday: Int, release: Int) -> Int { isRelease ? release : everyday }
}

/// Counts cases and what went wrong in them; one line of the scoreboard comes of it.
package struct Scoreboard {
    package let suite: String
    package var cases = 0
    /// Problems by what they are, such as "torn files".
    private var counts: [String: Int]
    private let kinds: [String]

    package init(_ suite: String, kinds: [String] = ["torn files", "wrong exit codes", "leaked secrets", "leftovers"]) {
        self.suite = suite
        self.kinds = kinds
        counts = Dictionary(uniqueKeysWithValues: kinds.map { ($0, 0) })
    }

    package mutating func count(_ kind: String, _ number: Int = 1) { counts[kind, default: 0] += number }

    package func report() {
        let rest = counts.keys.filter { !kinds.contains($0) }.sorted()
        let problems = (kinds + rest).map { "\(counts[$0] ?? 0) \($0)" }
        Self.say("scoreboard: \(suite): \(cases) cases, \(problems.joined(separator: ", "))")
    }

    package static func skipped(_ suite: String, _ why: String) { say("scoreboard: \(suite): skipped: \(why)") }

    /// At once: what stands in a buffer is lost with a test process that crashes.
    package static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
