// SPDX-License-Identifier: Apache-2.0

/// Which Request-Id the next attempt carries.
package enum RequestIdentity: Sendable, Equatable {
    /// It is unknown whether DOKU processed the request. With the same id, DOKU repeats its first response.
    case same
    /// DOKU responded, or the id was used up.
    case fresh
}

/// Whether and how a failed attempt may be retried.
package enum RetryDecision: Sendable, Equatable {
    case never
    /// Such a response is retried once in a run.
    case once(RequestIdentity)
    /// One retry, signed for another time. The duration is the offset from this host's clock to the server's.
    case correctedClock(Duration)
    /// Up to `attempts` attempts; `after` is the server's `Retry-After`.
    case transient(RequestIdentity, after: Duration?)
}

/// How many attempts there are, and how long to wait between them.
package struct RetryPolicy: Sendable {
    package let attempts: Int
    /// The upper limit of the first wait; it doubles with each attempt.
    package var base: Duration = .milliseconds(500)
    /// The upper limit of every wait, except one that the server asks for.
    package var cap: Duration = .seconds(20)

    package init(attempts: Int) {
        self.attempts = attempts
    }

    /// What to do after attempt number `attempt` (from 1) failed with `advice`.
    /// - Parameters:
    ///   - remaining: the run's remaining time. If the wait does not fit, the brand fails at once.
    ///   - random: uniform in 0..<1. "Full jitter" spreads waits over the whole range.
    ///   - isSingleRetryUsed: whether a retry that is allowed only once has happened.
    /// - Returns: the Request-Id to use, and the wait; nil to give up.
    package func next(
        after attempt: Int, advice: RetryDecision, remaining: Duration, random: Double, isSingleRetryUsed: Bool = false
    ) -> (identity: RequestIdentity, wait: Duration)? {
        let identity: RequestIdentity
        var wait = backoff(after: attempt) * random
        switch advice {
        case .never: return nil
        case .once(let again):
            guard attempt < attempts, !isSingleRetryUsed else { return nil }
            identity = again
        case .correctedClock:
            guard attempt < attempts, !isSingleRetryUsed else { return nil }
            identity = .fresh
            wait = .zero
        case .transient(let again, let after):
            guard attempt < attempts else { return nil }
            identity = again
            // The server's wait is a lower bound. The jitter spreads the brands.
            if let after { wait = after + base * random }
        }
        return wait < remaining ? (identity, wait) : nil
    }

    private func backoff(after attempt: Int) -> Duration {
        min(cap, base * (1 << min(attempt - 1, 16)))
    }
}
