// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model

/// The result of one attempt: a token that passed every check, or a failure with advice about a retry.
///
/// These rules hold for every API.
package enum TokenResponse: Sendable {
    case granted(Token)
    case failed(BrandFailure, RetryDecision)

    /// The response headers that are read for every API, in lower case.
    static let readHeaders: Set<String> = ["content-encoding", "content-type", "date", "retry-after"]

    // MARK: A token

    /// Judges a response whose status says that it has a token.
    /// - Parameters:
    ///   - clientID: the brand's. If the token names a client, it must be this one.
    ///   - now: when the response arrived.
    ///   - read: finds the token in the body.
    static func grant(
        _ reply: HTTPResponse, to clientID: String, now: Timestamp, read: ([UInt8]) -> TokenResponseBody
    ) -> TokenResponse {
        func unusable(_ code: BrandFailure.Code, _ message: String) -> TokenResponse {
            .failed(BrandFailure(code, message), .once(.fresh))
        }
        // The request allowed no compression, and a few compressed bytes can expand to any size.
        if let coding = reply.headers["content-encoding"], coding.lowercased() != "identity" {
            return unusable(
                .responseMalformed, "the response is compressed, but the request did not allow that; check proxies")
        }
        let text: String
        switch read(reply.body) {
        case .token(let found): text = found
        case .noToken: return unusable(.tokenInvalid, "the response has no token; ask DOKU")
        case .unusable(let problem): return unusable(.responseMalformed, "\(problem); check `endpoint` and proxies")
        }
        guard let token = Token(Array(text.utf8)) else {
            return unusable(
                .tokenInvalid,
                "the token is empty, longer than \(Token.maximumSize) bytes or not visible ASCII; ask DOKU")
        }
        guard !token.isTruncated else {
            return unusable(.tokenInvalid, "the token begins like a JWT, but is truncated or unreadable; ask DOKU")
        }
        if let named = token.clientID, named != clientID {
            return unusable(.tokenForeign, "the token names another Client-Id than the brand's; ask DOKU")
        }
        if let expiresAt = token.expiresAt, isExpired(token, at: expiresAt, reply, now) {
            return unusable(
                .tokenExpired,
                "the token expires at \(expiresAt), which is not safely in the future at \(now); check this host's clock"
            )
        }
        return .granted(token)
    }

    /// If the clocks clearly differ, the token issuer's clock counts. A token that was issued just now by this host's
    /// clock is better evidence of that clock than a gateway's `Date`.
    private static func isExpired(_ token: Token, at end: Timestamp, _ reply: HTTPResponse, _ now: Timestamp) -> Bool {
        if let issuedAt = token.issuedAt, issuedAt.since(now).magnitude <= Timestamp.clockTolerance {
            return end.since(now) <= Timestamp.clockTolerance
        }
        guard case .correctedClock(let offset) = clockAdvice(reply, now) else {
            return end.since(now) <= Timestamp.clockTolerance
        }
        return end.since(now.advanced(by: offset)) <= Timestamp.clockTolerance
    }

    // MARK: The clock

    /// The advice after a complaint about the time: one retry with the server's time, if that is credible.
    fileprivate static func clockAdvice(_ reply: HTTPResponse, _ now: Timestamp) -> RetryDecision {
        guard let date = reply.headers["date"].flatMap(HTTPDate.seconds) else { return .never }
        let offset = Timestamp(seconds: date).since(now)
        // A difference of more than a day is not a clock that drifted.
        return offset.magnitude <= .seconds(86_400) ? .correctedClock(offset) : .never
    }

    // MARK: No response

    /// The action for a failure that ends by itself.
    static let nextRun = "the next run retries it"

    /// - Parameters:
    ///   - host: the server's name in messages.
    ///   - isRun: whether messages say what to do about the network. `doctor` has its own advice.
    package static func noResponse(_ error: CurlError, host: String, isRun: Bool = true) -> TokenResponse {
        func failed(
            _ code: BrandFailure.Code, _ sentence: String, _ advice: RetryDecision, action: String? = nil,
            next: String? = nil
        ) -> TokenResponse {
            let action = isRun ? next ?? action : action
            return .failed(
                BrandFailure(code, "\(sentence): \(error.message)\(action.map { "; \($0)" } ?? "")"), advice)
        }
        let again = RetryDecision.transient(.same, after: nil)
        switch error.kind {
        case .hostNotResolved:
            return failed(
                .hostNotResolved, "the name of \(host) cannot be resolved", again,
                next: "check the name and /etc/resolv.conf")
        case .notConnected:
            return failed(
                .notConnected, "no connection to \(host)", again, next: "check the network and the firewall")
        case .timedOut:
            return failed(.timedOut, "no response from \(host) in time", again, next: nextRun)
        case .noResponse, .truncatedResponse, .http2:
            return failed(
                .connectionLost, "the connection to \(host) broke before the response was complete", again,
                next: nextRun)
        case .responseMalformed:
            return failed(
                .responseMalformed, "\(host) sent a response that HTTP does not allow", .never,
                action: "check `endpoint` and proxies")
        case .responseGarbled:
            return failed(
                .responseMalformed, "\(host) does not speak HTTP", .once(.same), action: "check the port of `endpoint`")
        case .responseTooLarge:
            return failed(
                .responseTooLarge, "\(host) sent a response that is too large", .never,
                action: "check `endpoint` and proxies")
        case .tlsHandshake: return failed(.tlsFailed, "no TLS connection to \(host)", again)
        // A proxy or firewall may have interfered once. A retry shows whether it always does.
        case .tlsRefused:
            return failed(
                .tlsRefused, "\(host) does not support TLS 1.2 or newer", again, action: "check the port of `endpoint`")
        case .peerNotTrusted:
            return failed(
                .tlsIdentity, "the certificate of \(host) is not trusted", .never,
                action: "check `endpoint`; if a proxy intercepts TLS, name its CA certificate in tls: { ca_file: … }")
        case .trustStoreUnusable:
            return failed(.tlsTrustStore, "the trusted certificates cannot be read; check `tls`", .never)
        case .proxyNotResolved:
            return failed(.proxyNotResolved, "the proxy's name cannot be resolved; check `proxy`", again)
        case .proxyNotConnected:
            return failed(
                .proxyFailed, "no connection to the proxy for \(host)", again, next: "check `proxy` and the firewall")
        case .proxyRefused:
            return failed(.proxyFailed, "the proxy did not connect to \(host)", again, next: "check `proxy`")
        case .proxyNeedsAuthentication:
            return failed(
                .proxyAuthentication, "the proxy asks for credentials", .never,
                action: "write them into `proxy`, as in http://user:password@host:port")
        case .cancelled: return failed(.unfinished, "the run ended before a response arrived", .never)
        case .requestInvalid, .internal: return failed(.internal, "the request could not be sent", .never)
        }
    }
}

/// A response without a token.
struct Refusal {
    let reply: HTTPResponse
    /// The API's own words from the body, as the end of a sentence; empty if there are none.
    let words: String
    /// When the response arrived.
    let now: Timestamp

    func failed(_ code: BrandFailure.Code, _ sentence: String, _ advice: RetryDecision) -> TokenResponse {
        .failed(BrandFailure(code, "\(sentence) (HTTP \(reply.status)\(words))"), advice)
    }

    /// The advice after a complaint about the time.
    var clockAdvice: RetryDecision { TokenResponse.clockAdvice(reply, now) }

    /// The failure if the server's clock clearly differs from this host's; nil if the clocks agree, or the response has
    /// no credible date.
    var skew: TokenResponse? {
        guard case .correctedClock(let offset) = clockAdvice, offset.magnitude > Timestamp.clockTolerance else {
            return nil
        }
        return failed(
            .clockSkew,
            "DOKU rejected the request, and this host's clock is \(DurationText.render(offset.magnitude)) "
                + "\(offset > .zero ? "behind" : "ahead of") DOKU's; set the clock",
            .correctedClock(offset))
    }

    /// The result that follows from the status alone.
    var byStatus: TokenResponse {
        let after = reply.headers["retry-after"].flatMap {
            RetryAfter.wait($0, date: reply.headers["date"], now: now.seconds)
        }
        switch reply.status {
        case 201...299:
            return failed(.responseMalformed, "DOKU responded without a token; check `endpoint`", .once(.fresh))
        case 300...399:
            return failed(
                .redirectRefused, "the endpoint responded with a redirect, which is never followed; check `endpoint`",
                .never)
        case 408, 425:
            return failed(
                .serverError, "DOKU asks to try again; \(TokenResponse.nextRun)", .transient(.same, after: after))
        case 429:
            return failed(
                .rateLimited, "DOKU is limiting requests; \(TokenResponse.nextRun)", .transient(.fresh, after: after))
        case 404: return failed(.requestRefused, "DOKU serves nothing at the endpoint's path; check `endpoint`", .never)
        case 400...499: return failed(.requestRefused, "DOKU refused the request; ask DOKU", .never)
        case 501, 505, 511:
            return failed(.requestRefused, "the server cannot serve this request; check `endpoint` and proxies", .never)
        case 500...599:
            return failed(
                .serverError, "DOKU failed to process the request; \(TokenResponse.nextRun)",
                .transient(.fresh, after: after))
        default:
            return failed(
                .responseMalformed, "HTTP does not define this status for a response; check `endpoint` and proxies",
                .never)
        }
    }
}
