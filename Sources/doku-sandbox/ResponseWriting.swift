// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

extension HTTPResponse {
    /// The answer on the wire: dated, and signed where a brand is given and the answer wants it.
    init(
        _ answer: Answer, to request: HTTPRequest, clock: ServerClock, signedFor brand: Brand? = nil,
        requestID: String = ""
    ) {
        let now = clock.now
        var headers = HTTPHeaders()
        headers[.date] = ServerClock.httpDate(now)
        headers[.contentType] = answer.contentType
        for (name, value) in answer.headers { headers[HTTPHeader(name)] = value }

        if let brand, answer.signing != .none {
            let timestamp = ServerClock.timestamp(now)
            headers[HTTPHeader("Client-Id")] = brand.clientID
            headers[HTTPHeader("Request-Id")] = requestID
            headers[HTTPHeader("Response-Timestamp")] = timestamp
            let signature = MessageSignature(
                direction: .answer, clientID: brand.clientID, requestID: requestID, timestamp: timestamp,
                target: request.target.path(), body: answer.body)
            switch answer.signing {
            case .good:
                headers[HTTPHeader("Signature")] = signature.headerValue(secret: brand.secret)
            case .wrong:
                headers[HTTPHeader("Signature")] = signature.headerValue(secret: brand.secret + " (another)")
            case .leftOut, .none:
                break
            }
        }
        self.init(statusCode: .init(answer.status), headers: headers, body: answer.body)
    }

    /// Has the server close the connection without a byte: it does so where the change to a web socket fails.
    static var closingTheConnection: HTTPResponse { HTTPResponse(webSocket: Refusal()) }
}

private struct Refusal: WSHandler, Error {
    func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
        throw self
    }
}

extension HTTPStatusCode {
    /// The phrase is for people only (RFC 9112, section 4).
    fileprivate init(_ code: Int) {
        let known: [HTTPStatusCode] = [
            .ok, .found, .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .conflict,
            .tooManyRequests, .internalServerError, .serviceUnavailable,
        ]
        self = known.first { $0.code == code } ?? HTTPStatusCode(code, phrase: "Status")
    }
}
