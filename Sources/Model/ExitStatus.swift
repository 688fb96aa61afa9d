// SPDX-License-Identifier: Apache-2.0

/// The exit status of a run. In a two-digit status, the first digit says whether another run will help (1) or a person
/// must act (2). The second digit says how bad it is on disk now. 64, 75 and 78 have the meanings of `sysexits.h`, which
/// systemd prints by name.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    case transient = 10
    case transientExpiresSoon = 11
    case transientNoToken = 12
    case permanent = 20
    case permanentExpiresSoon = 21
    case permanentNoToken = 22
    case hookFailed = 30
    case usage = 64
    case `internal` = 70
    case lockHeld = 75
    case configuration = 78
    case interrupted = 130
    case terminated = 143

    /// What a command examined before it exited.
    package enum Examination: Sendable {
        /// A run: the tokens on disk afterwards.
        case run
        case plan
        case configuration
        /// The published tokens, without a run.
        case tokens
        /// The host, before a run.
        case host
        /// One request, for display.
        case signature
    }

    /// What the status says about what was examined. Only a run makes a claim about tokens on disk.
    package func meaning(of examination: Examination) -> String {
        switch (examination, self) {
        case (.plan, .success): "dry run: no failure foreseen; nothing was requested or written"
        case (.plan, .transient), (.plan, .transientExpiresSoon), (.plan, .transientNoToken):
            "dry run: some brand would fail for a transient reason; nothing was requested or written"
        case (.plan, .permanent), (.plan, .permanentExpiresSoon), (.plan, .permanentNoToken):
            "dry run: some brand would fail until a person acts; nothing was requested or written"
        case (.configuration, .success): "the configuration is valid; no token was examined"
        case (.tokens, .success): "the published tokens were examined; `state` is the result"
        case (.host, .success): "no check failed"
        case (.host, .configuration): "a check failed"
        case (.signature, .success): "a request was signed; none was sent"
        case (.signature, .configuration): "the configuration, the secret or the body cannot be used"
        default: meaning
        }
    }

    package var meaning: String { explanation.meaning }
    package var advice: String { explanation.advice }

    private var explanation: (meaning: String, advice: String) {
        switch self {
        case .success: ("every brand's token outlives the next run", "nothing")
        case .transient:
            (
                "some brand failed for a transient reason; every token on disk still outlives the next run",
                "watch"
            )
        case .transientExpiresSoon: ("as 10, but some token expires before the next run", "retry now")
        case .transientNoToken: ("as 10, but some brand has no valid token", "page someone; retry now")
        case .permanent:
            (
                "some brand failed and running again will not help; every token on disk outlives the next run",
                "a person must act"
            )
        case .permanentExpiresSoon:
            ("as 20, but some token expires before the next run", "a person must act before the next run")
        case .permanentNoToken:
            ("as 20, but some brand has no valid token", "page someone: a person must act now")
        case .hookFailed: ("all tokens published, a hook failed or is still pending", "open a ticket")
        case .usage: ("the command line is wrong", "fix the command line")
        case .internal: ("internal error", "report it")
        case .lockHeld: ("another run holds the lock", "nothing, unless it repeats")
        case .configuration: ("the configuration is invalid", "fix the configuration")
        case .interrupted: ("stopped by SIGINT, everything consistent", "nothing")
        case .terminated: ("stopped by SIGTERM, everything consistent", "nothing")
        }
    }

    /// This status of the tokens combined with the hooks. A failed hook never hides a failed token.
    package func with(_ hooks: [HookOutcome]) -> ExitStatus {
        self == .success && hooks.contains(where: \.isUndelivered) ? .hookFailed : self
    }

    /// The status of the tokens alone.
    package init(outcomes: [BrandOutcome]) {
        var hasFailure = false
        var hasTransient = false
        var worst = TokenHealth.outlivesNextRun
        // By index, because an outcome is large and there may be 10,000.
        for index in outcomes.indices {
            if let isTransient = outcomes[index].failure?.isTransient {
                hasFailure = true
                hasTransient = hasTransient || isTransient
            }
            // A token that a dry run would renew is not a failure.
            if outcomes[index].kind != .due { worst = max(worst, outcomes[index].health) }
        }
        guard hasFailure || worst != .outlivesNextRun else {
            self = .success
            return
        }
        // A token that aged during the run is due in the next one.
        let mayPass = !hasFailure || hasTransient
        self =
            switch (mayPass, worst) {
            case (true, .outlivesNextRun): .transient
            case (true, .expiresBeforeNextRun): .transientExpiresSoon
            case (true, .unusable): .transientNoToken
            case (false, .outlivesNextRun): .permanent
            case (false, .expiresBeforeNextRun): .permanentExpiresSoon
            case (false, .unusable): .permanentNoToken
            }
    }
}

/// The health of the worst of a brand's published tokens.
package enum TokenHealth: Int, Sendable, Comparable {
    case outlivesNextRun
    case expiresBeforeNextRun
    /// Missing, unreadable, another brand's, or expired.
    case unusable

    package static func < (left: TokenHealth, right: TokenHealth) -> Bool { left.rawValue < right.rawValue }
}
