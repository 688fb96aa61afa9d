// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

extension HTTPResponse {
    /// The response on the wire, with its date. It is signed only for a brand.
    init(
        _ response: Response, to request: HTTPRequest, clock: ServerClock, signedFor brand: Brand? = nil,
        requestID: String = ""
    ) {
        let now = clock.now
        var headers = HTTPHeaders()
        headers[.date] = ServerClock.httpDate(now)
        headers[.contentType] = response.contentType
        for (name, value) in response.headers { headers[HTTPHeader(name)] = value }

        if let brand, response.signing != .none {
            let timestamp = ServerClock.timestamp(now)
            headers[HTTPHeader("Client-Id")] = brand.clientID
            headers[HTTPHeader("Request-Id")] = requestID
            headers[HTTPHeader("Response-Timestamp")] = timestamp
            let signature = MessageSignature(
                direction: .response, clientID: brand.clientID, requestID: requestID, timestamp: timestamp,
                target: request.target.path(), body: response.body)
            if response.signing != .leftOut {
                let secret = response.signing == .good ? brand.secret : brand.secret + " (another)"
                headers[HTTPHeader("Signature")] = signature.headerValue(secret: secret)
            }
        }
        // Clients ignore the phrase (RFC 9112, section 4).
        self.init(
            statusCode: HTTPStatusCode(response.status, phrase: "Status"), headers: headers, body: response.body)
    }

    /// The server closes the connection without a response if the upgrade to a web socket fails.
    static var closingTheConnection: HTTPResponse { HTTPResponse(webSocket: Refusal()) }
}

private struct Refusal: WSHandler, Error {
    func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
        throw self
    }
}
