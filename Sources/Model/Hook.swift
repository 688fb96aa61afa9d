// SPDX-License-Identifier: Apache-2.0

/// A program that is run once after a run's writes, such as one that makes a service read its new token.
package struct Hook: Sendable, Equatable {
    /// When it is run.
    package enum Trigger: String, Sendable, CaseIterable {
        /// A token of one of its brands was published.
        case changed
        /// One of its brands failed.
        case failed
        case always
    }

    /// Of the form of a brand's name, unique among the hooks.
    package let name: String
    /// The program, absolute or looked up in `PATH`, and its arguments; no shell looks at them.
    package let argv: [String]
    package let trigger: Trigger
    /// Indexes into ``Configuration/brands``; nil for all.
    package let brands: Set<Int>?
    package let timeout: Duration

    package init(name: String, argv: [String], trigger: Trigger, brands: Set<Int>?, timeout: Duration) {
        self.name = name
        self.argv = argv
        self.trigger = trigger
        self.brands = brands
        self.timeout = timeout
    }

    /// Whether a brand is one of its own.
    package func concerns(_ brand: Int) -> Bool { brands?.contains(brand) ?? true }
}

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
