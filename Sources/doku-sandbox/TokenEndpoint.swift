// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

/// A valid request for a token.
struct TokenRequest: Sendable {
    let brand: Brand
    let requestID: String
    /// The requested lifetime, in minutes. Nil if it is missing.
    let validMinutes: Int?
}

/// The endpoint. It checks a request in DOKU's order, carries it out once, and sends the response.
struct TokenEndpoint: HTTPHandler {
    /// The only path.
    static let target = "/adv-core-api/partner/v1.0/token"
    /// The longest lifetime that a request can ask for, in minutes: ten years. DOKU documents no limit.
    static let longestMinutes = 5_256_000
    /// The largest difference between Request-Timestamp and the server's time, in seconds. From DOKU's error message.
    private static let timestampWindow = 3600
    /// The longest Request-Id that DOKU documents, in characters.
    private static let longestRequestID = 128

    let clock: ServerClock
    let catalogue: BrandCatalogue
    let issuer: TokenIssuer
    /// The longest lifetime of a token, in seconds.
    let lifetimeLimit: Int?
    let log: RequestLog?
    /// The default delay before a response, in milliseconds.
    let delay: Int
    private let ledger = ResponseLedger()

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.bodyData
        let arrival = clock.now
        var valid: TokenRequest?
        let response: Response
        do throws(Response) {
            let tokenRequest = try check(request, body: body)
            valid = tokenRequest
            response = await ledger.response(to: tokenRequest) {
                let fault = catalogue.takeFault(clientID: tokenRequest.brand.clientID)
                var response = await self.response(to: tokenRequest, fault: fault)
                response.fault = fault
                return response
            }
        } catch {
            response = error
        }
        write(request, at: arrival, valid, response)

        while response.delivery == .never { try await Task.sleep(for: .seconds(3600)) }
        let brand = request.value("Client-Id").flatMap { catalogue.brand(clientID: $0) }
        try await Task.sleep(for: .milliseconds(brand?.delayMilliseconds ?? delay))
        return response.delivery == .lost
            ? HTTPResponse(webSocket: ClosedConnection()) : response.onWire(at: clock.now, for: valid)
    }

    /// Logs a request. Its values are truncated to a maximum length.
    private func write(_ request: HTTPRequest, at arrival: Int, _ valid: TokenRequest?, _ response: Response) {
        func bounded(_ name: String) -> String? { request.value(name).map { String($0.prefix(256)) } }
        // The port of the client identifies its connection.
        var port: Int?
        if case .ip4(_, let number) = request.remoteAddress { port = Int(number) }
        log?.write([
            "time": ServerClock.timestamp(arrival), "peer_port": port,
            "method": String(request.method.rawValue.prefix(16)), "path": String(request.target.path().prefix(256)),
            "client_id": bounded("Client-Id"), "request_id": bounded("Request-Id"),
            "request_timestamp": bounded("Request-Timestamp"), "valid_minutes": valid?.validMinutes,
            "status": response.delivery == .sent ? response.status : nil, "fault": response.fault,
            "replay": response.isReplay,
        ])
    }

    /// The checks, in DOKU's order.
    private func check(_ request: HTTPRequest, body: Data) throws(Response) -> TokenRequest {
        let target = request.target.path()
        guard target == Self.target else { throw .noResource(target) }
        guard request.method == .POST else {
            let method = request.method
            var response = Response.message(
                "Request method '\(method.rawValue)' is not supported", status: 405, headers: ["Allow": "POST"])
            if method == .HEAD { response.body = Data() }
            throw response
        }

        func header(_ name: String) throws(Response) -> String {
            guard let value = request.value(name) else { throw .invalidHeader(name, "is missing") }
            // The response repeats some of them as headers, so they must be printable ASCII.
            guard value.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else { throw .invalidHeader(name, "is invalid") }
            return value
        }
        let clientID = try header("Client-Id")
        let requestID = try header("Request-Id")
        let timestamp = try header("Request-Timestamp")
        let signature = try header("Signature")
        guard requestID.utf8.count <= Self.longestRequestID else {
            throw .invalidHeader("Request-Id", "is longer than \(Self.longestRequestID)")
        }
        guard let seconds = ServerClock.seconds(ofTimestamp: timestamp) else {
            throw .invalidHeader("Request-Timestamp", "has an invalid format")
        }
        guard abs(seconds - clock.now) <= Self.timestampWindow else { throw .timeOutOfRange }
        guard let brand = catalogue.brand(clientID: clientID) else { throw .invalidClientID }
        let expected = MessageSignature.header(
            clientID: clientID, requestID: requestID, timestampName: "Request-Timestamp", timestamp: timestamp,
            target: target, body: body, secret: brand.secret)
        guard expected == signature else { throw .invalidSignature }
        return TokenRequest(brand: brand, requestID: requestID, validMinutes: try Self.validMinutes(body))
    }

    private static func validMinutes(_ body: Data) throws(Response) -> Int? {
        struct Body: Decodable {
            let grant_type: String
            let valid_time: String?
        }
        guard let request = try? JSONDecoder().decode(Body.self, from: body) else {
            throw .error("invalid_request", "Body is not a JSON object with the strings grant_type and valid_time")
        }
        guard request.grant_type == "client_credentials" else {
            throw .error("invalid_request", "grant_type must be client_credentials")
        }
        guard let text = request.valid_time else { return nil }
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let minutes = Int(text),
            1...longestMinutes ~= minutes
        else { throw .error("invalid_request", "valid_time must be a number of minutes") }
        return minutes
    }
}

extension HTTPRequest {
    /// The value of a header. Nil if the header is missing or empty.
    fileprivate func value(_ name: String) -> String? {
        headers[HTTPHeader(name)].flatMap { $0.isEmpty ? nil : $0 }
    }
}
