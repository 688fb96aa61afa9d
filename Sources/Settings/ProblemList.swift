// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// The problems found so far, each once: what is wrong in `defaults` shows again for every brand.
struct ProblemList {
    /// Beyond this a list helps nobody, and a hostile file would fill the memory.
    static let limit = 1000

    private var problems: Set<ConfigurationProblem> = []
    private var omitted = 0

    /// Whether further problems are only counted.
    var isFull: Bool { problems.count >= Self.limit }

    mutating func add(_ mark: Mark, _ message: String, hint: String? = nil) {
        let problem = ConfigurationProblem(line: mark.line, column: mark.column, message: message, hint: hint)
        if !isFull {
            problems.insert(problem)
        } else if !problems.contains(problem) {
            omitted += 1
        }
    }

    /// In the order of the file.
    func sorted() -> (problems: [ConfigurationProblem], omitted: Int) {
        let sorted = problems.sorted { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
        return (sorted, omitted)
    }
}
