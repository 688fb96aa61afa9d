// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model

/// What one attempt brought: a token that passed every check, or a failure and whether to try again.
///
/// What follows holds for every API.
package enum TokenResponse: Sendable {
    case granted(Token)
    case failed(BrandFailure, RetryAdvice)

    /// The headers of an answer that are read whatever the API, by lower-case name.
    static let readHeaders: Set<String> = ["content-encoding", "content-type", "date", "retry-after"]

    // MARK: A token

    /// Judges an answer with a token's status.
    /// - Parameters:
    ///   - clientID: of the brand, which a token that names one must name.
    ///   - now: when the answer came.
    ///   - read: finds the token in the body.
    static func grant(
        _ reply: HTTPReply, to clientID: String, now: Timestamp, read: ([UInt8]) -> AnswerBody
    ) -> TokenResponse {
        func unusable(_ code: BrandFailure.Code, _ message: String) -> TokenResponse {
            .failed(BrandFailure(code, message), .once(.fresh))
        }
        // None was offered. To undo it would let a few bytes become any number of them.
        if let coding = reply.headers["content-encoding"], coding.lowercased() != "identity" {
            return unusable(.answerMalformed, "the answer is compressed, which nobody asked for")
        }
        let text: ArraySlice<UInt8>
        switch read(reply.body) {
        case .token(let found): text = found
        case .noToken: return unusable(.tokenInvalid, "the answer has no token")
        case .unusable(let problem): return unusable(.answerMalformed, problem)
        }
        guard let token = Token(text) else {
            return unusable(
                .tokenInvalid, "the token is empty, longer than \(Token.maximumSize) bytes or not visible ASCII")
        }
        guard !token.wasCut else {
            return unusable(.tokenInvalid, "the token begins like a JWT, but was cut or is none that can be read")
        }
        if let named = token.clientID, named != clientID {
            return unusable(.tokenForeign, "the token names another Client-Id than the brand's")
        }
        if let expiresAt = token.expiresAt, isExpired(token, at: expiresAt, reply, now) {
            return unusable(
                .tokenExpired,
                "the token ends at \(expiresAt), which is not safely in the future at \(now); compare this host's clock"
            )
        }
        return .granted(token)
    }

    /// Where the clocks differ beyond doubt, the one of those who made the token counts. A token that says it was made
    /// just now by our clock is a better witness of theirs than a gateway's `Date`.
    private static func isExpired(_ token: Token, at end: Timestamp, _ reply: HTTPReply, _ now: Timestamp) -> Bool {
        if let issuedAt = token.issuedAt, issuedAt.since(now).magnitude <= Timestamp.clockDoubt {
            return end.since(now) <= Timestamp.clockDoubt
        }
        guard case .correctedClock(let offset) = clockAdvice(reply, now) else {
            return end.since(now) <= Timestamp.clockDoubt
        }
        return end.since(now.advanced(by: offset)) <= Timestamp.clockDoubt
    }

    // MARK: The clock

    /// What a complaint about the time leads to: one more try with the peer's own time, where it gives a credible one.
    fileprivate static func clockAdvice(_ reply: HTTPReply, _ now: Timestamp) -> RetryAdvice {
        guard let date = reply.headers["date"].flatMap(HTTPDate.seconds) else { return .never }
        let offset = Timestamp(seconds: date).since(now)
        // More than a day is no clock that drifted.
        return offset.magnitude <= .seconds(86_400) ? .correctedClock(offset) : .never
    }

    // MARK: No answer

    /// - Parameter host: what messages call the server.
    package static func unanswered(_ error: CurlError, host: String) -> TokenResponse {
        func failed(_ code: BrandFailure.Code, _ sentence: String, _ advice: RetryAdvice) -> TokenResponse {
            .failed(BrandFailure(code, "\(sentence): \(error.message)"), advice)
        }
        let again = RetryAdvice.passing(.same, after: nil)
        switch error.kind {
        case .hostNotResolved: return failed(.hostNotResolved, "the name of \(host) cannot be resolved", again)
        case .notConnected: return failed(.notConnected, "no connection to \(host)", again)
        case .timedOut: return failed(.timedOut, "no answer from \(host) in time", again)
        case .noAnswer, .answerCut, .http2:
            return failed(.connectionLost, "the connection to \(host) broke before its answer was whole", again)
        case .answerMalformed:
            return failed(.answerMalformed, "\(host) gave an answer that HTTP does not allow", .never)
        case .answerGarbled: return failed(.answerMalformed, "\(host) does not answer in HTTP", .once(.same))
        case .answerTooLarge: return failed(.answerTooLarge, "\(host) answered with too much", .never)
        case .tlsHandshake: return failed(.tlsFailed, "no TLS connection to \(host)", again)
        // Somebody else's bytes may pass with whatever stands in between; what is said at every attempt does not.
        case .tlsRefused: return failed(.tlsRefused, "\(host) does not agree on TLS 1.2 or newer", again)
        case .peerNotTrusted: return failed(.tlsIdentity, "the certificate of \(host) is not trusted", .never)
        case .trustStoreUnusable:
            return failed(.tlsTrustStore, "the trusted certificates cannot be read; compare tls", .never)
        case .proxyNotResolved:
            return failed(.proxyNotResolved, "the proxy's name cannot be resolved; compare proxy", again)
        case .proxyRefused: return failed(.proxyFailed, "the proxy did not connect to \(host)", again)
        case .proxyNeedsAuthentication:
            return failed(.proxyAuthentication, "the proxy asks for credentials", .never)
        case .cancelled: return failed(.unfinished, "the run ended before an answer came", .never)
        case .requestInvalid, .internal: return failed(.internal, "the request could not be sent", .never)
        }
    }
}

/// An answer without a token.
struct Refusal {
    let reply: HTTPReply
    /// What the API itself says about it in the body, as the end of a sentence; empty where it says nothing.
    let words: String
    /// When the answer came.
    let now: Timestamp

    func failed(_ code: BrandFailure.Code, _ sentence: String, _ advice: RetryAdvice) -> TokenResponse {
        .failed(BrandFailure(code, "\(sentence) (HTTP \(reply.status)\(words))"), advice)
    }

    /// What a complaint about the time leads to.
    var clockAdvice: RetryAdvice { TokenResponse.clockAdvice(reply, now) }

    /// The failure of an answer by a clock that differs from this host's beyond doubt; nil where it agrees, or tells
    /// nothing credible.
    var skew: TokenResponse? {
        guard case .correctedClock(let offset) = clockAdvice, offset.magnitude > Timestamp.clockDoubt else {
            return nil
        }
        return failed(
            .clockSkew,
            "DOKU rejected the request, and this host's clock is \(DurationText.render(offset.magnitude)) "
                + "\(offset > .zero ? "behind" : "ahead of") DOKU's; set the clock",
            .correctedClock(offset))
    }

    /// What follows from the status alone.
    var byStatus: TokenResponse {
        let after = reply.headers["retry-after"].flatMap {
            RetryAfter.wait($0, date: reply.headers["date"], now: now.seconds)
        }
        switch reply.status {
        case 201...299: return failed(.answerMalformed, "DOKU answered without a token", .once(.fresh))
        case 300...399:
            return failed(.redirectRefused, "the endpoint answered with a redirect, which is never followed", .never)
        case 408, 425: return failed(.serverError, "DOKU asks to try again", .passing(.same, after: after))
        case 429: return failed(.rateLimited, "DOKU is limiting requests", .passing(.fresh, after: after))
        case 404: return failed(.requestRefused, "nothing answers at the endpoint's path; compare endpoint", .never)
        case 400...499: return failed(.requestRefused, "DOKU refused the request", .never)
        case 501, 505, 511: return failed(.requestRefused, "the server cannot serve this request", .never)
        case 500...599: return failed(.serverError, "DOKU failed to answer", .passing(.fresh, after: after))
        default: return failed(.answerMalformed, "the status is none that HTTP defines for an answer", .never)
        }
    }
}
