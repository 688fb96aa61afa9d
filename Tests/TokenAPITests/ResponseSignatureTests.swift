// SPDX-License-Identifier: Apache-2.0

import Curl
import Model
import TestSupport
import Testing
import TokenAPI

/// DOKU's own signature of a response.
@Suite struct ResponseSignatureTests {
    private static let body = #"{"token":"opaque"}"#

    /// The headers of a correctly signed response to the sample request.
    private static func headers(
        secret: String = "not-a-secret", clientID: String = Sample.clientID, requestID: String = Sample.requestID,
        target: String = Sample.endpoint.requestTarget, timestampName: String = "Response-Timestamp",
        body: String = body
    ) -> [String: String] {
        let moment = "2026-11-22T09:30:00Z"
        let signature = RequestSignature(
            clientID: clientID, requestID: requestID, timestampName: timestampName, timestamp: moment,
            requestTarget: target, body: Array(body.utf8), secret: Secret(Array(secret.utf8)))
        return [
            "client-id": clientID, "request-id": requestID, "response-timestamp": moment,
            "signature": signature.header,
        ]
    }

    @Test(arguments: ResponseVerification.allCases, [200, 409])
    func `a valid signature is accepted`(verification: ResponseVerification, status: Int) {
        #expect(judge(status, Self.body, headers: Self.headers(), verification: verification).token != nil)
    }

    @Test func `a response without a signature is rejected only if one is required`() {
        #expect(judge(200, Self.body, verification: .ifPresent).token != nil)
        #expect(judge(200, Self.body, verification: .off).token != nil)
        #expect(judge(200, Self.body, verification: .require).failure?.code == .responseSignature)
        var partial = Self.headers()
        partial["signature"] = nil
        #expect(judge(200, Self.body, headers: partial, verification: .ifPresent).token != nil)
        #expect(judge(200, Self.body, headers: partial, verification: .require).failure?.code == .responseSignature)
    }

    private static let wrong: [(String, [String: String])] = [
        ("another secret", headers(secret: "another")), ("another client", headers(clientID: "BRN-0002")),
        ("another request", headers(requestID: "another")), ("another path", headers(target: "/other")),
        ("another body", headers(body: #"{"token":"other"}"#)),
        ("the form of a request", headers(timestampName: "Request-Timestamp")),
        ("empty", headers().merging(["signature": ""]) { $1 }),
        ("no scheme", headers().merging(["signature": "oTGtfC4aQhHNKEbua+XCPQdNaBYzI65l0I4I2OzlDoc="]) { $1 }),
        ("another moment", headers().merging(["response-timestamp": "2026-11-22T09:30:01Z"]) { $1 }),
        ("no moment", headers().filter { $0.key != "response-timestamp" }),
        ("no client", headers().filter { $0.key != "client-id" }),
        ("no request", headers().filter { $0.key != "request-id" }),
        // Signed correctly, but with the id of another request replaced.
        ("renamed request", headers(requestID: "another").merging(["request-id": Sample.requestID]) { $1 }),
        ("renamed client", headers(clientID: "BRN-0002").merging(["client-id": Sample.clientID]) { $1 }),
    ]

    @Test(arguments: wrong.indices, [200, 409])
    func `an invalid signature is rejected unless verification is off`(index: Int, status: Int) {
        let (what, headers) = Self.wrong[index]
        for verification in [ResponseVerification.ifPresent, .require] {
            let response = judge(status, Self.body, headers: headers, verification: verification)
            #expect(response.failure?.code == .responseSignature, "\(what)")
            #expect(response.failure?.isTransient == false)
            #expect(response.advice == .never)
        }
        #expect(judge(status, Self.body, headers: headers, verification: .off).token != nil, "\(what)")
    }

    @Test func `every header that is judged is read`() {
        #expect(TokenClients.readHeaders.isSuperset(of: Self.headers().keys))
        #expect(TokenClients.readHeaders.isSuperset(of: ["date", "retry-after"]))
        #expect(TokenClients.readHeaders.allSatisfy { $0 == $0.lowercased() })
    }
}
