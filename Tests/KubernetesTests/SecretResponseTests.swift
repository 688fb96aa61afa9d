// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

@testable import Curl
@testable import Kubernetes

/// Answers to a write that say yes and mean something else: what stands in the Secret counts, not the status.
@Suite struct SecretResponseTests {
    private static let destination = DestinationSettings(
        kind: "kubernetes_secret", name: "kubernetes:doku/tokens", address: ["namespace": "doku", "name": "tokens"],
        entries: [
            DestinationSettings.Entry(brand: "kopi", key: "kopi"), DestinationSettings.Entry(brand: "teh", key: "teh"),
        ])

    private static func result(_ body: String, isProbe: Bool = false) -> SecretAccess.WriteResult {
        let write = SecretAccess.Write(
            destination: destination, values: ["kopi": Array("one".utf8), "teh": Array("two".utf8)], version: nil,
            isProbe: isProbe)
        let reply = HTTPResponse(status: 200, body: Array(body.utf8))
        return SecretResponse(reply: reply, destination: destination, namespace: "doku").result(of: write)
    }

    @Test func `a Secret that holds what was written is written`() {
        let body = """
            {"kind": "Secret", "metadata": {"resourceVersion": "7"}, "data": {"kopi": "b25l", "teh": "dHdv", "x": "eA=="}}
            """
        guard case .written(version: "7") = Self.result(body) else {
            Issue.record("\(Self.result(body))")
            return
        }
    }

    @Test(
        arguments: [
            // An admission webhook took everything out, one key, or changed a value.
            (#"{"kind": "Secret", "metadata": {"resourceVersion": "7"}}"#, "store-refused kopi"),
            (#"{"kind": "Secret", "metadata": {}, "data": {"kopi": "b25l"}}"#, "store-refused teh"),
            (#"{"kind": "Secret", "metadata": {}, "data": {"kopi": "b25l", "teh": "eA=="}}"#, "store-refused teh"),
            // Not a Secret.
            (#"{"kind": "Status", "metadata": {}, "status": "Success"}"#, "store-answer "),
            (#"{"metadata": {}, "data": {"kopi": "b25l", "teh": "dHdv"}}"#, "store-answer "),
            ("<html>", "store-answer "), ("", "store-answer "), ("[]", "store-answer "),
        ], [false, true])
    func `anything else is not`(answer: (body: String, expected: String), isProbe: Bool) {
        guard case .failed(let failure) = Self.result(answer.body, isProbe: isProbe) else {
            Issue.record("\(answer.body) passes for a write")
            return
        }
        let parts = answer.expected.split(separator: " ").map(String.init)
        #expect(failure.code.text == parts[0])
        if parts.count > 1 { #expect(failure.message.contains("the key \(parts[1]) does not hold what was written")) }
    }
}
