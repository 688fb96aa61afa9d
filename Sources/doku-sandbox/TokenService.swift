// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Carries out a valid request: issues a token, or applies the brand's fault.
struct TokenService: Sendable {
    let clock: ServerClock
    let issuer: TokenIssuer
    /// The longest lifetime of a token, in seconds.
    let lifetimeLimit: Int?

    func outcome(of request: TokenRequest, brand: Brand, fault: Fault?) async -> Outcome {
        switch fault {
        case .close: .closed(losing: nil)
        case .lostAnswer: .closed(losing: .token(await token(request, brand)))
        case .hang: .hanging
        default: .answered(await response(to: request, brand, fault: fault))
        }
    }

    private func token(_ request: TokenRequest, _ brand: Brand, padding: String? = nil) async -> String {
        let now = clock.now
        let requested = 60 * (brand.validMinutes ?? request.validMinutes ?? TokenRequest.defaultMinutes)
        let lifetime = min(lifetimeLimit ?? requested, requested)
        return await issuer.token(
            clientID: brand.clientID, issuedAt: now, expiresAt: now + lifetime, padding: padding)
    }

    private func response(to request: TokenRequest, _ brand: Brand, fault: Fault?) async -> Response {
        let now = clock.now
        func token(for clientID: String, from start: Int, to end: Int) async -> Response {
            .token(await issuer.token(clientID: clientID, issuedAt: now + start, expiresAt: now + end))
        }

        switch fault {
        case nil, .close, .lostAnswer, .hang:
            return .token(await self.token(request, brand))
        case .unsignedAnswer, .wrongAnswerSignature:
            var response = Response.token(await self.token(request, brand))
            response.signing = fault == .unsignedAnswer ? .leftOut : .wrong
            return response
        case .nullToken:
            return .signed(Data(#"{"token":null}"#.utf8))
        case .numberToken:
            return .signed(Data(#"{"token":1234567890}"#.utf8))
        case .noToken:
            return .signed(Data(#"{"status":"OK"}"#.utf8))
        case .controlCharacters:
            var token = await self.token(request, brand)
            token.insert(contentsOf: "\u{7}\n", at: token.index(token.startIndex, offsetBy: token.count / 2))
            return .token(token)
        case .hugeToken:
            // Base64 turns three bytes into four.
            return .token(await self.token(request, brand, padding: String(repeating: "x", count: 15 * 1024)))
        case .expired:
            return await token(for: brand.clientID, from: -7200, to: -3600)
        case .foreign:
            return await token(for: "BRN-FOREIGN-0000000000000", from: 0, to: 3600)
        case .notAJWT:
            return .token("opaque-" + UUID().uuidString.lowercased())
        case .shortLived:
            return await token(for: brand.clientID, from: 0, to: 90)

        case .html:
            return .page("Scheduled maintenance", status: 200)
        case .empty:
            return Response(status: 200, body: Data())
        case .cut:
            let whole = Response.token(await self.token(request, brand)).body
            return .signed(Data(whole.prefix(whole.count / 2)))
        case .huge:
            let padding = String(repeating: "x", count: 1 << 20)
            return .signed(JSON.bytes(["padding": padding, "token": await self.token(request, brand)]))
        case .notJSON:
            return .signed(Data("token=\(await self.token(request, brand))\n".utf8))

        case .invalidSignature:
            return .invalidSignature
        case .invalidClientID:
            return .invalidClientID
        case .timeOutOfRange, .timeOutOfRangeOnce:
            return .timeOutOfRange
        case .unwrappedError:
            let error = ["code": "invalid_client", "message": "Client authentication failed"]
            return Response(status: 401, body: JSON.bytes(error))
        case .conflict:
            return .error("idempotent_request", "Header Request-Id has been used", status: 409)
        case .serverError:
            return .error("internal_server_error", "Something went wrong", status: 500)

        case .forbidden:
            return .message("Forbidden", status: 403)
        case .notFound:
            return .noResource(TokenEndpoint.target)
        case .tooManyRequests:
            return .message("Too many requests", status: 429, headers: ["Retry-After": "1"])
        case .unavailable:
            return .page("503 Service Temporarily Unavailable", status: 503)
        case .unavailableRetryAfterDate:
            let date = ServerClock.httpDate(now + 2)
            return .page("503 Service Temporarily Unavailable", status: 503, headers: ["Retry-After": date])
        case .redirect:
            // No server listens on port 1: a client that follows the redirect gets no connection.
            return .page("302 Found", status: 302, headers: ["Location": "http://127.0.0.1:1/"])
        }
    }
}
