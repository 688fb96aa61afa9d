// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Carries out a request that has passed every check: grants the token, or lets the brand suffer its fault.
struct TokenService: Sendable {
    let clock: ServerClock
    let issuer: TokenIssuer
    /// No token lives longer, in seconds.
    let lifetimeLimit: Int?

    func outcome(of request: TokenRequest, brand: Brand, fault: Fault?) async -> Outcome {
        switch fault {
        case .none:
            .answered(await granted(request, brand))
        case .close:
            .closed(losing: nil)
        case .lostAnswer:
            .closed(losing: await granted(request, brand))
        case .hang:
            .hanging
        case .some(let fault):
            .answered(await answer(suffering: fault, request, brand))
        }
    }

    private func granted(_ request: TokenRequest, _ brand: Brand) async -> Answer {
        .signed(JSON.bytes(["token": await token(request, brand)]))
    }

    private func token(_ request: TokenRequest, _ brand: Brand, padding: String? = nil) async -> String {
        let now = clock.now
        let asked = 60 * (brand.validMinutes ?? request.validMinutes ?? TokenRequest.defaultMinutes)
        let lifetime = lifetimeLimit.map { min($0, asked) } ?? asked
        return await issuer.token(
            clientID: brand.clientID, issuedAt: now, expiresAt: now + lifetime, padding: padding)
    }

    private func answer(suffering fault: Fault, _ request: TokenRequest, _ brand: Brand) async -> Answer {
        let now = clock.now
        func tokenAnswer(_ token: String) -> Answer { .signed(JSON.bytes(["token": token])) }

        switch fault {
        case .close, .lostAnswer, .hang, .unsignedAnswer:
            var answer = await granted(request, brand)
            answer.signing = .leftOut
            return answer
        case .wrongAnswerSignature:
            var answer = await granted(request, brand)
            answer.signing = .wrong
            return answer
        case .nullToken:
            return .signed(Data(#"{"token":null}"#.utf8))
        case .numberToken:
            return .signed(Data(#"{"token":1234567890}"#.utf8))
        case .noToken:
            return .signed(Data(#"{"status":"OK"}"#.utf8))
        case .controlCharacters:
            var token = await token(request, brand)
            token.insert(contentsOf: "\u{7}\n", at: token.index(token.startIndex, offsetBy: token.count / 2))
            return tokenAnswer(token)
        case .hugeToken:
            // Base64 makes four bytes of three.
            return tokenAnswer(await token(request, brand, padding: String(repeating: "x", count: 15 * 1024)))
        case .expired:
            return tokenAnswer(
                await issuer.token(clientID: brand.clientID, issuedAt: now - 7200, expiresAt: now - 3600))
        case .foreign:
            return tokenAnswer(
                await issuer.token(clientID: "BRN-FOREIGN-0000000000000", issuedAt: now, expiresAt: now + 3600))
        case .notAJWT:
            return tokenAnswer("opaque-" + UUID().uuidString.lowercased())
        case .shortLived:
            return tokenAnswer(await issuer.token(clientID: brand.clientID, issuedAt: now, expiresAt: now + 90))

        case .html:
            return .page("Scheduled maintenance", status: 200)
        case .empty:
            return Answer(status: 200, body: Data())
        case .cut:
            let whole = await granted(request, brand).body
            return .signed(Data(whole.prefix(whole.count / 2)))
        case .huge:
            let padding = String(repeating: "x", count: 1 << 20)
            return .signed(JSON.bytes(["padding": padding, "token": await token(request, brand)]))
        case .notJSON:
            return .signed(Data("token=\(await token(request, brand))\n".utf8))

        case .invalidSignature:
            return .invalidSignature
        case .invalidClientID:
            return .invalidClientID
        case .timeOutOfRange, .timeOutOfRangeOnce:
            return .timeOutOfRange
        case .unwrappedError:
            return Answer(
                status: 401, body: JSON.bytes(["code": "invalid_client", "message": "Client authentication failed"]))
        case .conflict:
            return .error("idempotent_request", "Header Request-Id has been used", status: 409)
        case .serverError:
            return .error("internal_server_error", "Something went wrong", status: 500)

        case .forbidden:
            return .message("Forbidden", status: 403)
        case .notFound:
            return .noResource(TokenEndpoint.target)
        case .tooManyRequests:
            return .message("Too many requests", status: 429).with("Retry-After", "1")
        case .unavailable:
            return .page("503 Service Temporarily Unavailable", status: 503)
        case .unavailableRetryAfterDate:
            return .page("503 Service Temporarily Unavailable", status: 503)
                .with("Retry-After", ServerClock.httpDate(now + 2))
        case .redirect:
            // Port 1 is nobody's: who follows is refused.
            return .page("302 Found", status: 302).with("Location", "http://127.0.0.1:1/")
        }
    }
}

extension Answer {
    fileprivate func with(_ header: String, _ value: String) -> Answer {
        var copy = self
        copy.headers[header] = value
        return copy
    }
}
