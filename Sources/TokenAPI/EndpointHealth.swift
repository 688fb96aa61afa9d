// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model
internal import Synchronization

/// What the brands of one run share about their endpoint: whether to retry, and its clock.
///
/// Three attempts of one brand are harmless. 10,000 brands that retry together would triple the load on a failing
/// server, or lock an account.
package final class EndpointHealth: Sendable {
    private struct State: Sendable {
        var extraAttempts: Int
        /// Since the last response of any kind.
        var connectionFailures = 0
        /// The offset from this host's clock to the endpoint's; nil until a response had a date.
        var offset: Duration?
        /// The offset that requests are signed with.
        var signingOffset: Duration = .zero
        /// Whether a response with status 200 had a content type other than JSON.
        var hasOtherType = false
    }

    private let state: Mutex<State>

    /// After this many connection failures in a row, nothing is retried.
    package static let patience = 5
    /// A larger offset is not a clock that drifted, so the date is not trusted.
    private static let credible: Duration = .seconds(86_400)

    /// - Parameter brands: the number of brands that need a request.
    package init(brands: Int) {
        state = Mutex(State(extraAttempts: Self.budget(brands: brands)))
    }

    /// The number of retries that all brands of a run share.
    package static func budget(brands: Int) -> Int { max(6, brands / 5) }

    /// Records the result of an attempt.
    package func note(_ result: Result<HTTPResponse, CurlError>, at now: Timestamp) {
        switch result {
        case .success(let reply):
            let isOther = reply.status == 200 && reply.headers["content-type"].map(Self.isJSON) == false
            state.withLock { state in
                state.connectionFailures = 0
                state.hasOtherType = state.hasOtherType || isOther
            }
            // One date is enough, and parsing one for each of 10,000 responses takes time.
            guard reply.status != 200 || state.withLock({ $0.offset == nil }),
                let date = reply.headers["date"].flatMap(HTTPDate.seconds)
            else { return }
            let offset = Timestamp(seconds: date).since(now)
            if offset.magnitude <= Self.credible { state.withLock { $0.offset = offset } }
        case .failure(let error):
            switch error.kind {
            // Servers close a connection after some number of requests. The requests lost with it are not failures.
            case .noResponse where error.sharedConnection: break
            case .hostNotResolved, .notConnected, .timedOut, .noResponse, .tlsHandshake, .tlsRefused,
                .proxyNotResolved, .proxyNotConnected, .proxyRefused:
                state.withLock { $0.connectionFailures += 1 }
            default: break
            }
        }
    }

    /// Takes one retry from the shared budget.
    /// - Parameter advice: a corrected clock takes nothing from the budget, because it helps every brand.
    /// - Returns: why no brand may retry; nil if one may.
    package func refusal(of advice: RetryDecision) -> String? {
        state.withLock { state in
            if state.connectionFailures >= Self.patience {
                return "not retried after \(state.connectionFailures) connection failures in a row"
            }
            if case .correctedClock = advice { return nil }
            guard state.extraAttempts > 0 else {
                return "not retried: the run's shared retry budget is used up"
            }
            state.extraAttempts -= 1
            return nil
        }
    }

    /// Whether a response had a content type other than JSON. The content decides whether it is used. A wrong type
    /// suggests a gateway before DOKU.
    package var hasOtherType: Bool { state.withLock { $0.hasOtherType } }

    private static func isJSON(_ type: String) -> Bool {
        if type == "application/json" { return true }
        let media = type.lowercased().prefix { $0 != ";" && $0 != " " }
        return media == "application/json" || media.hasSuffix("+json")
    }

    // MARK: The clock

    /// The offset that is added to this host's clock to sign a request.
    package var signingOffset: Duration { state.withLock { $0.signingOffset } }

    /// Signs with this offset from now on. Call it only after a request signed with the offset was granted: a rejection
    /// may come from a gateway whose clock is wrong.
    package func sign(withOffset offset: Duration) {
        state.withLock { $0.signingOffset = offset }
    }

    /// How far this host's clock is behind the endpoint's, if a response had a date; negative if it is ahead.
    package var offset: Duration? { state.withLock { $0.offset } }

    /// The offset, if it exceeds the tolerance for clocks.
    package var skew: Duration? { offset.flatMap { $0.magnitude > Timestamp.clockTolerance ? $0 : nil } }
}
