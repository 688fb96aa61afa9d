// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `sign` against known answers, which DOKU's own libraries made.
@Suite struct SignatureTests {
    private struct Answer: Decodable {
        let digest: String?
        let component: String
        let signature: String
    }

    /// Those whose secret is known.
    static let vectors = ((try? SignatureVector.all()) ?? []).filter { $0.secret != nil && $0.signature != nil }

    @Test("there are known answers")
    func exist() {
        #expect(Self.vectors.count >= 8)
    }

    @Test("`sign` gives the answers of DOKU's own libraries", arguments: vectors)
    func sign(vector: SignatureVector) throws {
        let directory = try TemporaryDirectory()
        let secret = try #require(vector.secret)
        try directory.write(secret, to: "secret")
        var arguments = [
            "sign", "--client-id", vector.clientID, "--secret-file", "secret", "--request-id", vector.requestID,
            "--timestamp", vector.timestamp, "--request-target", vector.target, "--output", "json",
        ]
        if let body = vector.body {
            try directory.write(body, to: "body")
            arguments += ["--body-file", "body"]
        }
        let ending = try directory.run(BuiltProgram.rotator, arguments)
        #expect(ending.status == 0)
        #expect(ending.standardError.isEmpty)
        let answer = try JSONDecoder().decode(Answer.self, from: ending.standardOutput)
        #expect(answer.digest == vector.digest)
        #expect(answer.component == vector.component)
        #expect(answer.signature == vector.signature)
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        // A very short one stands in every text.
        #expect(secret.utf8.count < 8 || !said.contains(secret), "the secret is never printed")
    }
}
