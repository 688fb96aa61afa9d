// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model

/// The Partner API ("Generate Token") for one brand. Requests are signed with HMAC-SHA256, and DOKU may sign responses.
package final class PartnerTokenClient: TokenClient {
    private let endpoint: Endpoint
    private let clientID: String
    private let secret: Secret
    private let body: [UInt8]
    private let verification: ResponseVerification

    /// The response headers that only this API has, in lower case.
    static let readHeaders: Set<String> = ["client-id", "request-id", "response-timestamp", "signature"]

    package init(for brand: Brand, secret: Secret, configuration: Configuration) {
        endpoint = configuration.endpoint
        clientID = brand.clientID
        self.secret = secret
        body = Self.body(for: brand)
        verification = configuration.responseVerification
    }

    /// The body of every request for the brand.
    static func body(for brand: Brand) -> [UInt8] {
        // `valid_time` is a string of minutes (DOKU, Generate Token).
        let minutes = brand.validTime.map { ",\"valid_time\":\"\($0.components.seconds / 60)\"" } ?? ""
        return Array("{\"grant_type\":\"client_credentials\"\(minutes)}".utf8)
    }

    package func request(id requestID: String, at timestamp: Timestamp) -> HTTPRequest {
        let moment = timestamp.description
        let signature = RequestSignature(
            clientID: clientID, requestID: requestID, timestamp: moment, requestTarget: endpoint.requestTarget,
            body: body, secret: secret)
        return HTTPRequest(
            url: endpoint.url,
            headers: [
                ("Content-Type", "application/json"), ("Accept", "application/json"), ("Client-Id", clientID),
                ("Request-Id", requestID), ("Request-Timestamp", moment), ("Signature", signature.header),
            ],
            body: body)
    }

    package func judge(
        _ result: Result<HTTPResponse, CurlError>, requestID: String, now: Timestamp
    ) -> TokenResponse {
        switch result {
        case .failure(let error): return .noResponse(error, host: endpoint.authority)
        case .success(let reply):
            switch reply.status {
            case 200: return grant(reply, requestID, now)
            case 409:
                // DOKU repeats its first response to a repeated Request-Id.
                guard TokenResponseBody.hasToken(reply.body) else {
                    return .failed(
                        BrandFailure(
                            .requestIDSpent,
                            "DOKU responded with HTTP 409 and no token: the Request-Id was used before; "
                                + TokenResponse.nextRun),
                        .once(.fresh))
                }
                return grant(reply, requestID, now)
            default: return refusal(reply, now)
            }
        }
    }

    private func grant(_ reply: HTTPResponse, _ requestID: String, _ now: Timestamp) -> TokenResponse {
        if let problem = signatureProblem(of: reply, requestID) {
            return .failed(BrandFailure(.responseSignature, problem), .never)
        }
        return .grant(reply, to: clientID, now: now, read: TokenResponseBody.init(_:))
    }

    /// Why DOKU's own signature is not accepted; nil if it is, or if none is required.
    private func signatureProblem(of reply: HTTPResponse, _ requestID: String) -> String? {
        guard verification != .off else { return nil }
        guard let header = reply.headers["signature"] else {
            return verification == .require
                ? "the response has no signature, and verify_response is require; ask DOKU to sign responses, or write "
                    + "if-present" : nil
        }
        guard reply.headers["client-id"] == clientID, reply.headers["request-id"] == requestID,
            let timestamp = reply.headers["response-timestamp"]
        else { return "the response is signed for another request; check proxies" }
        let expected = RequestSignature(
            clientID: clientID, requestID: requestID, timestampName: "Response-Timestamp", timestamp: timestamp,
            requestTarget: endpoint.requestTarget, body: reply.body, secret: secret)
        return expected.matches(header)
            ? nil
            : "the response's signature is invalid: it was changed in transit, or signed with another secret; check "
                + "proxies and the secret"
    }

    private func refusal(_ reply: HTTPResponse, _ now: Timestamp) -> TokenResponse {
        let words = DOKUErrorBody(reply.body)
        let refusal = Refusal(reply: reply, words: words.suffix, now: now)
        guard [400, 401, 403].contains(reply.status) else { return refusal.byStatus }
        if words.code == "request_time_out_of_range" {
            return refusal.failed(
                .clockSkew, "DOKU says that this host's clock is wrong; set the clock", refusal.clockAdvice)
        }
        // DOKU may call the signature invalid if the timestamp is wrong.
        if reply.status != 400 || words.code == "invalid_signature", let skew = refusal.skew { return skew }
        if reply.status != 400 || words.code == "invalid_signature" || words.code == "invalid_client_id" {
            return refusal.failed(
                .credentialsRejected,
                "DOKU rejected the credentials; check that client_id and secret belong together, and to the "
                    + "environment of `endpoint`; `sign` shows what is signed",
                .never)
        }
        return refusal.byStatus
    }
}
