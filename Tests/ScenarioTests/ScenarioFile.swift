// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One line of a scenario.
struct Step {
    /// Counts from 1.
    let line: Int
    let verb: String
    /// The line behind the verb.
    let rest: String
    /// The lines up to `END`, where the line ends in `<<END`.
    let document: String?
    /// The row of the table that the step is done for.
    var row: [String: String] = [:]
}

/// A scenario as it is written: what is promised, in words, then the steps.
///
///     # What is promised.
///     sandbox brands.json
///     run rotate
///     exit 0
///
/// A table repeats steps for each of its rows, with `{{column}}` replaced:
///
///     table fault code
///       html  answer-malformed
///     do
///       …
///     end
struct ScenarioFile {
    let steps: [Step]

    init(_ text: String) throws {
        guard text.hasPrefix("# ") else { throw TestFailure("the first line says what is promised: # …") }
        let lines = text.components(separatedBy: "\n")
        var steps: [Step] = []
        var table: Table?
        var index = 0
        while index < lines.count {
            let number = index + 1
            let line = lines[index].trimmingCharacters(in: .whitespaces)
            index += 1
            if line.isEmpty || line.hasPrefix("#") { continue }
            let verb = String(line.prefix { $0 != " " })
            var rest = String(line.dropFirst(verb.count)).trimmingCharacters(in: .whitespaces)

            switch (verb, table?.isOpen) {
            case ("table", nil):
                table = Table(columns: words(rest), start: steps.count)
                continue
            case ("do", true): table?.isOpen = false
            case (_, true):
                try table?.add(words(line), at: number)
                continue
            case ("end", false):
                guard let done = table else { continue }
                let body = steps[done.start...].filter { $0.verb != "do" }
                steps.removeSubrange(done.start...)
                steps += done.rows.flatMap { row in
                    body.map { step in
                        var step = step
                        step.row = row
                        return step
                    }
                }
                table = nil
                continue
            default: break
            }

            var document: String?
            if rest.hasSuffix("<<END") {
                rest = String(rest.dropLast(5)).trimmingCharacters(in: .whitespaces)
                guard let end = lines[index...].firstIndex(of: "END") else {
                    throw TestFailure("line \(number): no line END follows")
                }
                document = lines[index..<end].map { $0 + "\n" }.joined()
                index = end + 1
            }
            steps.append(Step(line: number, verb: verb, rest: rest, document: document))
        }
        guard table == nil else { throw TestFailure("a table has no do, or no end") }
        self.steps = steps
    }

    private struct Table {
        let columns: [String]
        /// Where the steps of its body begin.
        let start: Int
        var rows: [[String: String]] = []
        /// Whether rows may still come.
        var isOpen = true

        mutating func add(_ cells: [String], at line: Int) throws {
            guard cells.count == columns.count else {
                throw TestFailure("line \(line): \(cells.count) cells for \(columns.count) columns")
            }
            rows.append(Dictionary(uniqueKeysWithValues: zip(columns, cells)))
        }
    }
}
