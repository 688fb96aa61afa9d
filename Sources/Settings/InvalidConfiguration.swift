// SPDX-License-Identifier: Apache-2.0

package import Model
internal import YAML

/// One problem in a configuration file. It shows no value of the file, because someone may have pasted a secret in the
/// wrong place.
package struct ConfigurationProblem: Sendable, Hashable {
    /// Counts from 1.
    package let line: Int
    /// Counts Unicode scalars from 1.
    package let column: Int
    /// What is wrong, without a full stop at the end.
    package let message: String
    /// What to do, if that is known.
    package let hint: String?

    init(_ mark: Mark, _ message: String, hint: String?) {
        line = mark.line
        column = mark.column
        self.message = message
        self.hint = hint
    }
}

extension ConfigurationProblem: Comparable {
    /// In file order.
    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column, left.message) < (right.line, right.column, right.message)
    }
}

/// All problems of a configuration file.
package struct InvalidConfiguration: Error, Sendable, CustomStringConvertible {
    /// The path as typed.
    package let file: String
    /// At least one, in file order.
    package let problems: [ConfigurationProblem]
    /// How many further problems were left out.
    package var omitted = 0
    /// The receivers of the report, as far as they could be read.
    package var report = ReportDestinations()

    /// The problems for a report. The message of each ends with its hint.
    package var listed: [Problem] {
        var listed = problems.map { problem in
            let hint = problem.hint.map { " (\($0))" } ?? ""
            return Problem(problem.message + hint, file: file, line: problem.line, column: problem.column)
        }
        if omitted > 0 {
            listed.append(Problem("\(VisibleText.escaping(file)): and \(omitted) more problems", file: file))
        }
        return listed
    }

    /// One line per problem: `file:line:column: message (hint)`.
    package var lines: [String] { listed.map(\.text) }

    package var description: String { lines.joined(separator: "\n") }
}

/// The problems found so far, each once: a problem in `defaults` occurs again for every brand.
struct ProblemList {
    /// A longer list helps no reader, and a hostile file would fill the memory.
    static let limit = 1000

    private var problems: Set<ConfigurationProblem> = []
    private(set) var omitted = 0

    /// Whether further problems are only counted.
    var isFull: Bool { problems.count >= Self.limit }

    mutating func add(_ mark: Mark, _ message: String, hint: String? = nil) {
        let problem = ConfigurationProblem(mark, message, hint: hint)
        if !isFull {
            problems.insert(problem)
        } else if !problems.contains(problem) {
            omitted += 1
        }
    }

    /// In file order.
    var sorted: [ConfigurationProblem] { problems.sorted() }
}
