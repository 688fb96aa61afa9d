// SPDX-License-Identifier: Apache-2.0

/// What became of one hook in one run.
package struct HookOutcome: Sendable {
    package enum Result: String, Sendable, CaseIterable {
        case delivered
        /// Nothing happened that it is for.
        case notNeeded = "not-needed"
        /// It could not be started, or ended with another status than 0.
        case failed
        case timedOut = "timed-out"
        /// It was not run to its end since the run was stopped, or there was no time left; or, in a run that only
        /// plans, the next run will run it.
        case pending
    }

    package let name: String
    package var result: Result
    /// What the program ended with; nil where it did not come to that.
    package var exitStatus: Int32?
    package var duration: Duration = .zero
    /// When the first run that owed it began; nil where this one is the first.
    package var pendingSince: Timestamp?
    /// What went wrong, and what becomes of it; nil where nothing did.
    package var message: String?
    /// The end of what it printed, harmless to show; nil where nothing went wrong, or nothing was printed.
    package var output: String?

    package init(name: String, result: Result) {
        self.name = name
        self.result = result
    }

    package var isUndelivered: Bool {
        switch result {
        case .delivered, .notNeeded: false
        case .failed, .timedOut, .pending: true
        }
    }

    /// One line about a hook that was not delivered.
    package var failureLine: String? {
        guard isUndelivered else { return nil }
        let last = output?.split(separator: "\n").last.map { "; it printed last: \($0.suffix(200))" } ?? ""
        return "hook \(name): \(result.rawValue): \(message ?? "")\(last)"
    }
}
