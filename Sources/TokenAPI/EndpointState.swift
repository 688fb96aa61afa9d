// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model
internal import Synchronization

/// What the brands of one run learn from each other about their endpoint: whether further attempts do any good, and
/// what time it is there.
///
/// Each brand alone would be within its rights to try three times; ten thousand of them together would triple the load
/// on a server that is down, or lock an account out.
package final class EndpointState: Sendable {
    private struct State: Sendable {
        var extraAttempts: Int
        /// Since the endpoint last answered anything.
        var connectionFailures = 0
        /// What must be added to this host's clock to get the endpoint's; nil until an answer told.
        var offset: Duration?
        /// The offset that requests are signed with.
        var signingOffset: Duration = .zero
        /// Whether an answer with a token's status called itself something else than JSON.
        var hasOtherType = false
    }

    private let state: Mutex<State>

    /// Failures in a row from which on nothing is tried again.
    package static let patience = 5
    /// Beyond a day it is no clock that drifted, and no date that can be believed.
    private static let credible: Duration = .seconds(86_400)

    /// - Parameter brands: that need a request: a fifth of them, and at least six, is how many extra attempts they share.
    package init(brands: Int) {
        state = Mutex(State(extraAttempts: Self.budget(brands: brands)))
    }

    /// Attempts beyond the first that a run over so many brands may make in all.
    package static func budget(brands: Int) -> Int { max(6, brands / 5) }

    /// Writes down how an attempt ended.
    package func note(_ result: Result<HTTPReply, CurlError>, at now: Timestamp) {
        switch result {
        case .success(let reply):
            let isOther = reply.status == 200 && reply.headers["content-type"].map(Self.isJSON) == false
            state.withLock { state in
                state.connectionFailures = 0
                state.hasOtherType = state.hasOtherType || isOther
            }
            // A date every second would do; each answer's takes a while to read where ten thousand come.
            guard reply.status != 200 || state.withLock({ $0.offset == nil }),
                let date = reply.headers["date"].flatMap(HTTPDate.seconds)
            else { return }
            let offset = Timestamp(seconds: date).since(now)
            if offset.magnitude <= Self.credible { state.withLock { $0.offset = offset } }
        case .failure(let error):
            switch error.kind {
            // Servers end connections after so many requests; dozens that are lost with one are no failures in a row.
            case .noAnswer where error.sharedConnection: break
            case .hostNotResolved, .notConnected, .timedOut, .noAnswer, .tlsHandshake, .tlsRefused,
                .proxyNotResolved, .proxyRefused:
                state.withLock { $0.connectionFailures += 1 }
            default: break
            }
        }
    }

    /// Why no brand may try again; nil where one may, and it has taken its part of what they share.
    /// - Parameter advice: a corrected clock costs nothing of it: whoever corrects it helps every brand.
    package func refusal(of advice: RetryAdvice) -> String? {
        state.withLock { state in
            if state.connectionFailures >= Self.patience {
                return "not tried again after \(state.connectionFailures) failures to connect in a row"
            }
            if case .correctedClock = advice { return nil }
            guard state.extraAttempts > 0 else {
                return "not tried again: the run's share of extra attempts is used up"
            }
            state.extraAttempts -= 1
            return nil
        }
    }

    /// Whether an answer called itself something else than JSON. Its content decides whether it is used; that it is
    /// mislabelled tells of somebody between here and DOKU.
    package var hasOtherType: Bool { state.withLock { $0.hasOtherType } }

    private static func isJSON(_ type: String) -> Bool {
        if type == "application/json" { return true }
        let media = type.lowercased().prefix { $0 != ";" && $0 != " " }
        return media == "application/json" || media.hasSuffix("+json")
    }

    // MARK: The clock

    /// What is added to this host's clock where a request is signed.
    package var signingOffset: Duration { state.withLock { $0.signingOffset } }

    /// Signs with the endpoint's time from now on. For an offset that a granted request was signed with: an answer may
    /// come from somebody in between, whose clock is wrong.
    package func sign(withOffset offset: Duration) {
        state.withLock { $0.signingOffset = offset }
    }

    /// How far this host's clock is from the endpoint's, where an answer told; positive where it is behind.
    package var offset: Duration? { state.withLock { $0.offset } }

    /// The offset where it is more than the doubt that is had about any clock.
    package var skew: Duration? { offset.flatMap { $0.magnitude > Timestamp.clockDoubt ? $0 : nil } }
}
