// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import TestSupport
import Testing
import TokenAPI

@Suite struct PartnerTokenClientTests {
    @Test(arguments: [
        (Duration.seconds(21_600), #"{"grant_type":"client_credentials","valid_time":"360"}"#),
        (.seconds(60), #"{"grant_type":"client_credentials","valid_time":"1"}"#),
        (.seconds(86_400), #"{"grant_type":"client_credentials","valid_time":"1440"}"#),
        (nil, #"{"grant_type":"client_credentials"}"#),
    ])
    func `the body is these bytes and no others`(validTime: Duration?, expected: String) {
        let request = Sample.client(validTime: validTime).request(id: "r", at: Sample.now)
        #expect(request.body == Array(expected.utf8))
    }

    @Test func `a request carries what DOKU asks for and nothing else`() throws {
        let vector = try SignatureVector.all()[1]
        let client = Sample.client(secret: try #require(vector.secret))
        // 2020-08-11T08:45:42Z, the moment of the known answer.
        let request = client.request(id: vector.requestID, at: Timestamp(seconds: 1_597_135_542))
        #expect(request.url == "https://api-uat.doku.com/adv-core-api/partner/v1.0/token")
        #expect(request.body == Array(#"{"grant_type":"client_credentials","valid_time":"360"}"#.utf8))
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/json", "Accept: application/json", "Client-Id: BRN-0001-10791114622547",
                "Request-Id: fdb69f47-96da-499d-acec-7cdc318ab2fe", "Request-Timestamp: 2020-08-11T08:45:42Z",
                "Signature: HMACSHA256=cgFZF6X5KAz6S2Jgy55I6XLQuVxRjucDGUtExFp4MIw=",
            ])
    }

    @Test func `a later moment gives another timestamp and signature, and nothing else`() {
        let client = Sample.client()
        let first = client.request(id: "r", at: Sample.now)
        let second = client.request(id: "r", at: Sample.now.advanced(by: .seconds(1)))
        let changed = zip(first.headers, second.headers).filter { $0.value != $1.value }.map(\.0.name)
        #expect(changed == ["Request-Timestamp", "Signature"])
        #expect(first.body == second.body)
    }

    @Test func `a secret shows in no description`() {
        let secret = Secret(Array("canary-7f3a".utf8))
        var dumped = ""
        dump(Sample.client(secret: "canary-7f3a"), to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \([secret]) \(dumped)".contains("canary"))
    }
}
