// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FoundationEssentials

/// The endpoint: checks a request in the order in which DOKU does, has it carried out once, and sends the answer.
struct TokenEndpoint: HTTPHandler {
    /// The one path there is.
    static let target = "/adv-core-api/partner/v1.0/token"
    /// How far a Request-Timestamp may be from the server's time, in seconds, as DOKU's own error says.
    static let timestampWindow = 3600
    /// The longest Request-Id that DOKU documents, in characters.
    static let longestRequestID = 128

    let clock: ServerClock
    let catalogue: BrandCatalogue
    let ledger: AnswerLedger
    let service: TokenService
    let log: RequestLog?
    /// How long an answer is held back where its brand does not say.
    let delay: Duration

    /// A request that has passed every check.
    private struct Checked {
        let brand: Brand
        let requestID: String
        let tokenRequest: TokenRequest
    }

    private enum Verdict {
        case accepted(Checked)
        case rejected(Answer)
    }

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.bodyData
        var entry = RequestLog.Entry(of: request, time: ServerClock.timestamp(clock.now))

        switch check(request, body: body) {
        case .rejected(let answer):
            entry.status = answer.status
            log?.write(entry)
            try await hold(brand: request.value("Client-Id").flatMap { catalogue.brand(clientID: $0) })
            return HTTPResponse(answer, to: request, clock: clock)

        case .accepted(let checked):
            let brand = checked.brand
            let handling = await ledger.handling(of: .init(clientID: brand.clientID, requestID: checked.requestID)) {
                let fault = catalogue.takeFault(clientID: brand.clientID)
                let outcome = await service.outcome(of: checked.tokenRequest, brand: brand, fault: fault)
                return .init(outcome: outcome, fault: fault)
            }
            entry.validMinutes = checked.tokenRequest.validMinutes
            entry.fault = handling.fault
            entry.replay = handling.isReplay
            if case .answered(let answer) = handling.outcome { entry.status = answer.status }
            log?.write(entry)

            switch handling.outcome {
            case .answered(let answer):
                try await hold(brand: brand)
                return HTTPResponse(
                    answer, to: request, clock: clock, signedFor: brand, requestID: checked.requestID)
            case .closed:
                try await hold(brand: brand)
                return .closingTheConnection
            case .hanging:
                while true { try await Task.sleep(for: .seconds(3600)) }
            }
        }
    }

    /// The checks, in DOKU's order.
    private func check(_ request: HTTPRequest, body: Data) -> Verdict {
        let target = request.target.path()
        guard target == Self.target else { return .rejected(.noResource(target)) }
        guard request.method == .POST else {
            var answer = Answer.message("Request method '\(request.method.rawValue)' is not supported", status: 405)
            answer.headers["Allow"] = "POST"
            if request.method == .HEAD { answer.body = Data() }
            return .rejected(answer)
        }

        var values: [String] = []
        for name in ["Client-Id", "Request-Id", "Request-Timestamp", "Signature"] {
            guard let value = request.value(name) else {
                return .rejected(.error("invalid_header_request", "Header \(name) is missing"))
            }
            // They come back as headers of the answer, so nothing but printable ASCII is let in.
            guard value.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else {
                return .rejected(.error("invalid_header_request", "Header \(name) is invalid"))
            }
            values.append(value)
        }
        let (clientID, requestID, timestamp, signature) = (values[0], values[1], values[2], values[3])
        guard requestID.utf8.count <= Self.longestRequestID else {
            return .rejected(
                .error("invalid_header_request", "Header Request-Id is longer than \(Self.longestRequestID)"))
        }
        guard let seconds = ServerClock.seconds(ofTimestamp: timestamp) else {
            return .rejected(.error("invalid_header_request", "Header Request-Timestamp has an invalid format"))
        }
        guard abs(seconds - clock.now) <= Self.timestampWindow else { return .rejected(.timeOutOfRange) }
        guard let brand = catalogue.brand(clientID: clientID) else { return .rejected(.invalidClientID) }
        let expected = MessageSignature(
            direction: .request, clientID: clientID, requestID: requestID, timestamp: timestamp, target: target,
            body: body)
        guard expected.matches(signature, secret: brand.secret) else { return .rejected(.invalidSignature) }

        do throws(TokenRequest.InvalidRequest) {
            let tokenRequest = try TokenRequest(body: body)
            return .accepted(Checked(brand: brand, requestID: requestID, tokenRequest: tokenRequest))
        } catch {
            return .rejected(.error("invalid_request", error.message))
        }
    }

    private func hold(brand: Brand?) async throws {
        let delay = brand?.delayMilliseconds.map { Duration.milliseconds($0) } ?? delay
        if delay > .zero { try await Task.sleep(for: delay) }
    }
}

extension RequestLog.Entry {
    /// What the request itself tells, cut to a bounded length.
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
    /// A header that is there and not empty.
    fileprivate func value(_ name: String) -> String? {
        guard let value = headers[HTTPHeader(name)], !value.isEmpty else { return nil }
        return value
    }
}
