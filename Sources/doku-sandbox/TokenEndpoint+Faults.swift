// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension TokenEndpoint {
    /// The lifetime if the request does not ask for one, in minutes. DOKU documents no default.
    private static let defaultMinutes = 60

    /// Carries out a valid request: issues a token, or applies the brand's fault.
    func response(to request: TokenRequest, fault: Fault?) async -> Response {
        let brand = request.brand
        /// A token for a lifetime in seconds, by default the one that was requested.
        func token(lasting seconds: Int? = nil, age: Int = 0, for client: String? = nil, padding: String? = nil) async
            -> String
        {
            let requested = 60 * (brand.validMinutes ?? request.validMinutes ?? Self.defaultMinutes)
            let issuedAt = clock.now - age
            return await issuer.token(
                clientID: client ?? brand.clientID, issuedAt: issuedAt,
                expiresAt: issuedAt + (seconds ?? min(lifetimeLimit ?? requested, requested)), padding: padding)
        }

        var response = Response.token("")
        switch fault {
        case nil: response = .token(await token())
        case .unsignedAnswer:
            response = .token(await token())
            response.signing = .leftOut
        case .wrongAnswerSignature:
            response = .token(await token())
            response.signing = .wrong
        case .nullToken: response.body = Data(#"{"token":null}"#.utf8)
        case .numberToken: response.body = Data(#"{"token":1234567890}"#.utf8)
        case .noToken: response.body = Data(#"{"status":"OK"}"#.utf8)
        case .controlCharacters:
            let text = await token()
            response = .token(text.prefix(text.count / 2) + "\u{7}\n" + text.dropFirst(text.count / 2))
        // Base64 turns three bytes into four.
        case .hugeToken: response = .token(await token(padding: String(repeating: "x", count: 15 * 1024)))
        case .expired: response = .token(await token(lasting: 3600, age: 7200))
        case .foreign: response = .token(await token(lasting: 3600, for: "BRN-FOREIGN-0000000000000"))
        case .notAJWT: response = .token("opaque-" + UUID().uuidString.lowercased())
        case .shortLived: response = .token(await token(lasting: 90))

        case .html: response = .page("Scheduled maintenance", status: 200)
        case .empty: response = Response(status: 200, body: Data())
        case .cut:
            let whole = Response.token(await token()).body
            response.body = Data(whole.prefix(whole.count / 2))
        case .huge:
            let padding = String(repeating: "x", count: 1 << 20)
            response.body = JSON.bytes(["padding": padding, "token": await token()])
        case .notJSON: response.body = Data("token=\(await token())\n".utf8)

        case .invalidSignature: response = .invalidSignature
        case .invalidClientID: response = .invalidClientID
        case .timeOutOfRange, .timeOutOfRangeOnce: response = .timeOutOfRange
        case .unwrappedError:
            let error = ["code": "invalid_client", "message": "Client authentication failed"]
            response = Response(status: 401, body: JSON.bytes(error))
        case .conflict: response = .error("idempotent_request", "Header Request-Id has been used", status: 409)
        case .serverError: response = .error("internal_server_error", "Something went wrong", status: 500)

        case .forbidden: response = .message("Forbidden", status: 403)
        case .notFound: response = .noResource(Self.target)
        case .tooManyRequests:
            response = .message("Too many requests", status: 429, headers: ["Retry-After": "1"])
        case .unavailable: response = .page("503 Service Temporarily Unavailable", status: 503)
        case .unavailableRetryAfterDate:
            let date = ServerClock.httpDate(clock.now + 2)
            response = .page("503 Service Temporarily Unavailable", status: 503, headers: ["Retry-After": date])
        // No server listens on port 1: a client that follows the redirect gets no connection.
        case .redirect: response = .page("302 Found", status: 302, headers: ["Location": "http://127.0.0.1:1/"])

        case .close: response = Response(status: 0, body: Data(), delivery: .lost)
        case .lostAnswer:
            response = .token(await token())
            response.delivery = .lost
        case .hang: response = Response(status: 0, body: Data(), delivery: .never)
        }
        return response
    }
}
