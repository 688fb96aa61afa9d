// SPDX-License-Identifier: Apache-2.0

/// How a run ends, for the scheduler and for monitoring.
///
/// Of the two-digit ones the first digit says whether running again will help (1) or a person must act (2), the second
/// how bad it is on disk now. 64, 75 and 78 carry the meanings of `sysexits.h`, which systemd prints by name.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    case passing = 10
    case passingDiesSoon = 11
    case passingNoToken = 12
    case lasting = 20
    case lastingDiesSoon = 21
    case lastingNoToken = 22
    case hookFailed = 30
    case usage = 64
    case `internal` = 70
    case lockHeld = 75
    case configuration = 78
    case interrupted = 130
    case terminated = 143

    /// What a command looked at before it ended with a status.
    package enum Examination: Sendable {
        /// A run: the tokens on disk, after it.
        case run
        /// A dry run: what a run would do.
        case plan
        /// The configuration alone.
        case configuration
    }

    /// What the status says about what was examined. Only a run claims anything about tokens on disk.
    package func meaning(of examination: Examination) -> String {
        switch (examination, self) {
        case (.plan, .success): "dry run: no failure foreseen; nothing was requested or written"
        case (.plan, .passing), (.plan, .passingDiesSoon), (.plan, .passingNoToken):
            "dry run: some brand would fail for a passing reason; nothing was requested or written"
        case (.plan, .lasting), (.plan, .lastingDiesSoon), (.plan, .lastingNoToken):
            "dry run: some brand would fail until a person acts; nothing was requested or written"
        case (.configuration, .success): "the configuration is valid; no token was examined"
        default: meaning
        }
    }

    /// What the status says about a run.
    package var meaning: String {
        switch self {
        case .success: "every brand's token outlives the next run"
        case .passing: "some brand failed for a passing reason; every token on disk still outlives the next run"
        case .passingDiesSoon: "as 10, but some token dies before the next run"
        case .passingNoToken: "as 10, but some brand has no valid token"
        case .lasting: "some brand failed and running again will not help; every token on disk outlives the next run"
        case .lastingDiesSoon: "as 20, but some token dies before the next run"
        case .lastingNoToken: "as 20, but some brand has no valid token"
        case .hookFailed: "all tokens published, a hook failed or is still pending"
        case .usage: "the command line is wrong"
        case .internal: "internal error"
        case .lockHeld: "another run holds the lock"
        case .configuration: "the configuration is invalid"
        case .interrupted: "stopped by SIGINT, everything consistent"
        case .terminated: "stopped by SIGTERM, everything consistent"
        }
    }

    /// What to do about it.
    package var advice: String {
        switch self {
        case .success: "nothing"
        case .passing: "watch"
        case .passingDiesSoon: "retry now"
        case .passingNoToken: "page somebody; retry now"
        case .lasting: "a person must act"
        case .lastingDiesSoon: "a person must act before the next run"
        case .lastingNoToken: "page somebody: a person must act now"
        case .hookFailed: "open a ticket"
        case .usage: "fix the command line"
        case .internal: "report it"
        case .lockHeld: "nothing, unless it repeats"
        case .configuration: "fix the configuration"
        case .interrupted, .terminated: "nothing"
        }
    }

    /// This status of the tokens with what became of the hooks, which never hides it.
    package func with(_ hooks: [HookOutcome]) -> ExitStatus {
        self == .success && hooks.contains(where: \.isUndelivered) ? .hookFailed : self
    }

    /// The status of the tokens alone.
    package init(outcomes: [BrandOutcome]) {
        var hasFailure = false
        var hasTransient = false
        var worst = TokenHealth.outlivesNextRun
        // By number: an outcome is large, and there may be ten thousand.
        for index in outcomes.indices {
            if let isTransient = outcomes[index].failure?.isTransient {
                hasFailure = true
                hasTransient = hasTransient || isTransient
            }
            // What a run that only plans would renew is no failure of it.
            if outcomes[index].kind != .due { worst = max(worst, outcomes[index].health) }
        }
        guard hasFailure || worst != .outlivesNextRun else {
            self = .success
            return
        }
        // A token that aged while the run went on is due in the next one.
        let mayPass = !hasFailure || hasTransient
        self =
            switch (mayPass, worst) {
            case (true, .outlivesNextRun): .passing
            case (true, .diesBeforeNextRun): .passingDiesSoon
            case (true, .dead): .passingNoToken
            case (false, .outlivesNextRun): .lasting
            case (false, .diesBeforeNextRun): .lastingDiesSoon
            case (false, .dead): .lastingNoToken
            }
    }
}

/// How good the worst of a brand's published tokens is.
package enum TokenHealth: Int, Sendable, Comparable {
    case outlivesNextRun
    case diesBeforeNextRun
    /// Missing, unreadable, of another brand, or past its end.
    case dead

    package static func < (left: TokenHealth, right: TokenHealth) -> Bool { left.rawValue < right.rawValue }
}
