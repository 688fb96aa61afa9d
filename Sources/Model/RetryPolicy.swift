// SPDX-License-Identifier: Apache-2.0

/// Which Request-Id a further attempt carries.
package enum RequestIdentity: Sendable, Equatable {
    /// Nobody knows whether DOKU has acted: with the same id it repeats its first answer.
    case same
    /// DOKU has answered, or the id is spent.
    case fresh
}

/// Whether and how an attempt that failed may be followed by another one.
package enum RetryAdvice: Sendable, Equatable {
    case never
    /// One more try for such an answer in a run.
    case once(RequestIdentity)
    /// One more try, signed for another time: what must be added to this host's clock to get the peer's.
    case correctedClock(Duration)
    /// As often as `attempts` allows; `after` is the peer's own wish (`Retry-After`).
    case passing(RequestIdentity, after: Duration?)
}

/// How often, and after what wait, a failed attempt is repeated.
package struct RetryPolicy: Sendable {
    /// Tries for one brand in one run.
    package let attempts: Int
    /// The upper end of the first wait; it doubles with each attempt.
    package var base: Duration = .milliseconds(500)
    /// No wait of our own choice is longer.
    package var cap: Duration = .seconds(20)

    package init(attempts: Int) {
        self.attempts = attempts
    }

    /// What to do after attempt number `attempt` (from 1) ended with `advice`.
    /// - Parameters:
    ///   - remaining: what the run has left. A wait that does not fit ends the brand at once.
    ///   - random: uniform in 0..<1: "full jitter" spreads the waits over their whole range.
    ///   - isOnceUsed: whether an earlier attempt was repeated because of an advice that holds once.
    /// - Returns: the Request-Id to use and the wait; nil to give up.
    package func next(
        after attempt: Int, advice: RetryAdvice, remaining: Duration, random: Double, isOnceUsed: Bool = false
    ) -> (identity: RequestIdentity, wait: Duration)? {
        let identity: RequestIdentity
        var wait = backoff(after: attempt) * random
        switch advice {
        case .never: return nil
        case .once(let again):
            guard attempt < attempts, !isOnceUsed else { return nil }
            identity = again
        case .correctedClock:
            guard attempt < attempts, !isOnceUsed else { return nil }
            identity = .fresh
            wait = .zero
        case .passing(let again, let after):
            guard attempt < attempts else { return nil }
            identity = again
            // The peer's wish is a lower bound; the jitter keeps many brands from coming back as one.
            if let after { wait = after + base * random }
        }
        return wait < remaining ? (identity, wait) : nil
    }

    private func backoff(after attempt: Int) -> Duration {
        min(cap, base * (1 << min(attempt - 1, 16)))
    }
}
