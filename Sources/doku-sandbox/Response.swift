// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

/// A response before it is dated, signed and sent.
struct Response: Error, Sendable {
    /// How the response is signed.
    enum Signing: Sendable {
        /// No signature headers: errors, and responses of a gateway.
        case none
        /// All signature headers except the signature.
        case leftOut
        case good
        case wrong
    }

    enum Delivery: Sendable {
        case sent
        /// The connection is closed instead.
        case lost
        /// The client gets nothing, and the connection stays open.
        case never
    }

    /// 0 if the request was not carried out.
    var status: Int
    var contentType = "application/json"
    var headers: [String: String] = [:]
    var body: Data
    var signing = Signing.none
    var delivery = Delivery.sent
    var fault: Fault?
    /// Whether this repeats the response to an earlier request with the same Request-Id.
    var isReplay = false

    /// Whether a repeated Request-Id gets this response again.
    var isRemembered: Bool { status == 200 && signing != .none }

    /// A response of the service itself.
    static func signed(_ body: Data) -> Response { Response(status: 200, body: body, signing: .good) }

    static func token(_ token: String) -> Response { signed(JSON.bytes(["token": token])) }

    /// The format of DOKU's errors for invalid headers.
    static func error(_ code: String, _ message: String, status: Int = 400) -> Response {
        let error = ["code": code, "message": message, "type": "invalid_request_error"]
        return Response(status: status, body: JSON.bytes(["error": error]))
    }

    static func invalidHeader(_ name: String, _ problem: String) -> Response {
        error("invalid_header_request", "Header \(name) \(problem)")
    }

    /// The format of an error of the web server in front of the service.
    static func message(_ message: String, status: Int, headers: [String: String] = [:]) -> Response {
        Response(status: status, headers: headers, body: JSON.bytes(["message": message]))
    }

    /// An HTML page that does not come from the service.
    static func page(_ title: String, status: Int, headers: [String: String] = [:]) -> Response {
        let text = "<!DOCTYPE html>\n<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return Response(
            status: status, contentType: "text/html; charset=utf-8", headers: headers, body: Data(text.utf8))
    }

    static let invalidClientID = error("invalid_client_id", "Invalid Header Client-Id")
    static let invalidSignature = error("invalid_signature", "Invalid Header Signature")
    static let timeOutOfRange = error(
        "request_time_out_of_range", "Header Request-Timestamp is not in +- 3600 second of now")

    /// - Parameter target: an unknown path.
    static func noResource(_ target: String) -> Response {
        message("No static resource \(target.drop { $0 == "/" }).", status: 404)
    }

    /// The response on the wire, with its date.
    /// - Parameter request: the request to sign for; nil if it was invalid.
    func onWire(at now: Int, for request: TokenRequest?) -> HTTPResponse {
        var headers = HTTPHeaders()
        headers[.date] = ServerClock.httpDate(now)
        headers[.contentType] = contentType
        for (name, value) in self.headers { headers[HTTPHeader(name)] = value }
        if let request, signing != .none {
            let (brand, timestamp) = (request.brand, ServerClock.timestamp(now))
            headers[HTTPHeader("Client-Id")] = brand.clientID
            headers[HTTPHeader("Request-Id")] = request.requestID
            headers[HTTPHeader("Response-Timestamp")] = timestamp
            if signing != .leftOut {
                headers[HTTPHeader("Signature")] = MessageSignature.header(
                    clientID: brand.clientID, requestID: request.requestID, timestampName: "Response-Timestamp",
                    timestamp: timestamp, target: TokenEndpoint.target, body: body,
                    secret: signing == .good ? brand.secret : brand.secret + " (another)")
            }
        }
        // Clients ignore the phrase (RFC 9112, section 4).
        return HTTPResponse(
            statusCode: HTTPStatusCode(status, phrase: "Status"), headers: headers, body: body)
    }
}

/// The server closes the connection without a response if the upgrade to a web socket fails.
struct ClosedConnection: WSHandler, Error {
    func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
        throw self
    }
}
