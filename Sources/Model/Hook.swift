// SPDX-License-Identifier: Apache-2.0

/// A program that runs once after a run's writes, for example to make a service read its new token.
package struct Hook: Sendable, Equatable {
    package enum Trigger: String, Sendable, CaseIterable {
        /// A token of one of its brands was published.
        case changed
        /// One of its brands failed.
        case failed
        case always
    }

    /// Has the form of a brand's name; unique among the hooks.
    package let name: String
    /// The program, absolute or looked up in `PATH`, and its arguments; no shell is involved.
    package let argv: [String]
    package let trigger: Trigger
    /// Names of brands; nil for all brands.
    package let brands: Set<String>?
    package let timeout: Duration

    package init(name: String, argv: [String], trigger: Trigger, brands: Set<String>?, timeout: Duration) {
        self.name = name
        self.argv = argv
        self.trigger = trigger
        self.brands = brands
        self.timeout = timeout
    }

    package func concerns(_ brand: Brand) -> Bool { brands?.contains(brand.name) ?? true }
}

package struct HookOutcome: Sendable {
    package enum Result: String, Sendable, CaseIterable {
        case delivered
        /// Nothing happened that triggers the hook.
        case notNeeded = "not-needed"
        /// It could not be started, or exited with a status other than 0.
        case failed
        case timedOut = "timed-out"
        /// It was not run to completion, because the run was stopped or had no time left. In a dry run: the next run
        /// will run it.
        case pending
    }

    package let name: String
    package var result: Result
    /// The program's exit status; nil if it did not exit.
    package var exitStatus: Int32?
    package var duration: Duration = .zero
    /// When the first run that had to run the hook began; nil if that is this run.
    package var pendingSince: Timestamp?
    /// What went wrong, and whether the hook runs again; nil if nothing went wrong.
    package var message: String?
    /// The end of its output, safe to print; nil if nothing went wrong or nothing was printed.
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

    /// One line about a hook that failed or is pending.
    package var failureLine: String? {
        guard isUndelivered else { return nil }
        let last = output?.split(separator: "\n").last.map { "; its last line of output: \($0.suffix(200))" } ?? ""
        return "hook \(name): \(result.rawValue): \(message ?? "")\(last)"
    }
}
