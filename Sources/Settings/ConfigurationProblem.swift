// SPDX-License-Identifier: Apache-2.0

package import Model

/// One thing wrong in a configuration file. It shows no value of the file: somebody may have pasted a secret
/// in the wrong place.
package struct ConfigurationProblem: Sendable, Hashable {
    /// Counts from 1.
    package let line: Int
    /// Counts Unicode scalars from 1.
    package let column: Int
    /// What is wrong, without a full stop.
    package let message: String
    /// What to do about it, where that is known.
    package let hint: String?

    package init(line: Int, column: Int, message: String, hint: String? = nil) {
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
    }
}

/// Everything found wrong in one reading of a configuration file.
package struct InvalidConfiguration: Error, Sendable, CustomStringConvertible {
    /// The path as it was typed.
    package let file: String
    /// At least one, in the order of the file.
    package let problems: [ConfigurationProblem]
    /// How many more there were than are kept.
    package let omitted: Int
    /// Whom to tell of it, as far as that could be read.
    package let report: ReportDestinations

    package init(
        file: String, problems: [ConfigurationProblem], omitted: Int = 0,
        report: ReportDestinations = ReportDestinations()
    ) {
        self.file = file
        self.problems = problems
        self.omitted = omitted
        self.report = report
    }

    /// One line for each problem: `file:line:column: message (hint)`.
    package var lines: [String] {
        let name = VisibleText.escaping(file)
        var lines = problems.map { problem in
            let hint = problem.hint.map { " (\($0))" } ?? ""
            return "\(name):\(problem.line):\(problem.column): \(problem.message)\(hint)"
        }
        if omitted > 0 { lines.append("\(name): and \(omitted) more problems") }
        return lines
    }

    package var description: String { lines.joined(separator: "\n") }
}
