// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

/// The endpoint. It checks a request in DOKU's order, carries it out once, and sends the response.
struct TokenEndpoint: HTTPHandler {
    /// The only path.
    static let target = "/adv-core-api/partner/v1.0/token"
    /// The largest difference between Request-Timestamp and the server's time, in seconds. From DOKU's error message.
    static let timestampWindow = 3600
    /// The longest Request-Id that DOKU documents, in characters.
    static let longestRequestID = 128

    let clock: ServerClock
    let catalogue: BrandCatalogue
    let ledger: ResponseLedger
    let service: TokenService
    let log: RequestLog?
    /// The default delay before a response.
    let delay: Duration

    /// A valid request.
    private struct Checked {
        let brand: Brand
        let requestID: String
        let tokenRequest: TokenRequest
    }

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.bodyData
        var entry = RequestLog.Entry(of: request, time: ServerClock.timestamp(clock.now))
        let checked: Checked
        do throws(Response) {
            checked = try check(request, body: body)
        } catch let response {
            entry.status = response.status
            log?.write(entry)
            try await hold(brand: request.value("Client-Id").flatMap { catalogue.brand(clientID: $0) })
            return HTTPResponse(response, to: request, clock: clock)
        }

        let brand = checked.brand
        let handling = await ledger.handling(of: .init(clientID: brand.clientID, requestID: checked.requestID)) {
            let fault = catalogue.takeFault(clientID: brand.clientID)
            let outcome = await service.outcome(of: checked.tokenRequest, brand: brand, fault: fault)
            return .init(outcome: outcome, fault: fault)
        }
        entry.validMinutes = checked.tokenRequest.validMinutes
        entry.fault = handling.fault
        entry.replay = handling.isReplay
        if case .answered(let response) = handling.outcome { entry.status = response.status }
        log?.write(entry)

        switch handling.outcome {
        case .answered(let response):
            try await hold(brand: brand)
            return HTTPResponse(response, to: request, clock: clock, signedFor: brand, requestID: checked.requestID)
        case .closed:
            try await hold(brand: brand)
            return .closingTheConnection
        case .hanging:
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    /// The checks, in DOKU's order.
    private func check(_ request: HTTPRequest, body: Data) throws(Response) -> Checked {
        let target = request.target.path()
        guard target == Self.target else { throw .noResource(target) }
        guard request.method == .POST else {
            let method = request.method
            var response = Response.message(
                "Request method '\(method.rawValue)' is not supported", status: 405, headers: ["Allow": "POST"])
            if method == .HEAD { response.body = Data() }
            throw response
        }

        var values: [String] = []
        for name in ["Client-Id", "Request-Id", "Request-Timestamp", "Signature"] {
            guard let value = request.value(name) else { throw .invalidHeader(name, "is missing") }
            // The response repeats some of them as headers, so they must be printable ASCII.
            guard value.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else { throw .invalidHeader(name, "is invalid") }
            values.append(value)
        }
        let (clientID, requestID, timestamp, signature) = (values[0], values[1], values[2], values[3])
        guard requestID.utf8.count <= Self.longestRequestID else {
            throw .invalidHeader("Request-Id", "is longer than \(Self.longestRequestID)")
        }
        guard let seconds = ServerClock.seconds(ofTimestamp: timestamp) else {
            throw .invalidHeader("Request-Timestamp", "has an invalid format")
        }
        guard abs(seconds - clock.now) <= Self.timestampWindow else { throw .timeOutOfRange }
        guard let brand = catalogue.brand(clientID: clientID) else { throw .invalidClientID }
        let expected = MessageSignature(
            direction: .request, clientID: clientID, requestID: requestID, timestamp: timestamp, target: target,
            body: body)
        guard expected.headerValue(secret: brand.secret) == signature else { throw .invalidSignature }
        return Checked(brand: brand, requestID: requestID, tokenRequest: try TokenRequest(body: body))
    }

    private func hold(brand: Brand?) async throws {
        let delay = brand?.delayMilliseconds.map { Duration.milliseconds($0) } ?? delay
        if delay > .zero { try await Task.sleep(for: delay) }
    }
}

extension RequestLog.Entry {
    /// The values of the request, each truncated to a maximum length.
    fileprivate init(of request: HTTPRequest, time: String) {
        func bounded(_ name: String) -> String? { request.value(name).map { String($0.prefix(256)) } }
        let port: Int? =
            switch request.remoteAddress {
            case .ip4(_, let port), .ip6(_, let port): Int(port)
            case .unix, .none: nil
            }
        self.init(
            time: time, peerPort: port, method: String(request.method.rawValue.prefix(16)),
            path: String(request.target.path().prefix(256)), clientID: bounded("Client-Id"),
            requestID: bounded("Request-Id"), requestTimestamp: bounded("Request-Timestamp"))
    }
}

extension HTTPRequest {
    /// The value of a header. Nil if the header is missing or empty.
    fileprivate func value(_ name: String) -> String? {
        guard let value = headers[HTTPHeader(name)], !value.isEmpty else { return nil }
        return value
    }
}
