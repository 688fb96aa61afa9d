// SPDX-License-Identifier: Apache-2.0

import Foundation
import Settings
import Testing

/// A secret may be pasted anywhere: no message shows it.
@Suite struct ConfigurationCanaryTests {
    /// In the forms that keys at DOKU and elsewhere have, one of them fit to be a brand's name.
    static let canaries = ["SK-Canary9zQ7", "canary9z-q7", "CANARY9Z_Q7", "c4n4ryCanary9z+/=", "\"canary9z \\n q7\""]

    /// Every word of every good file and the bad one with most problems, one after the other.
    @Test(arguments: Corpus.names(in: "good") + ["many-problems.yaml", "secret-two.yaml"], canaries)
    func `no message shows a secret that stands in the wrong place`(name: String, canary: String) throws {
        let part = Corpus.names(in: "good").contains(name) ? "good" : "bad"
        let text = try Corpus.text(part, name)
        var refused = 0
        var start = text.startIndex
        let separators = Set(" \n\"'{}[],#")
        while start < text.endIndex {
            let end = text[start...].firstIndex(where: separators.contains) ?? text.endIndex
            if start < end {
                let word = text[start..<end]
                let keep = word.hasSuffix(":") ? ":" : ""
                let planted = String(text[..<start]) + canary + keep + String(text[end...])
                if let error = Corpus.problems(planted, isPrivate: true) {
                    refused += 1
                    let message = error.description.lowercased()
                    #expect(!message.contains("canary9"), "in place of \(word): \(error)")
                    #expect(!message.contains("q7"), "in place of \(word): \(error)")
                }
            }
            start = end < text.endIndex ? text.index(after: end) : end
        }
        #expect(refused > 0)
    }

    @Test(arguments: canaries)
    func `no message shows a secret that stands directly under its key`(canary: String) throws {
        for secret in [
            canary, "[\(canary)]", "{ \(canary) }", "{ \(canary): x }", "{ vlaue: \(canary) }",
            "{ file: { \(canary): 1 } }",
            "{ value: [\(canary)] }", "{ value: \(canary) }", "{ command: \(canary) }", "{ command: [\(canary)] }",
            "{ env: \(canary), file: \(canary) }", "\n      \(canary)", "\n      - \(canary)", "*\(canary)",
            "!\(canary) x",
            "&\(canary) x", "|\n      \(canary)", "{ \(canary)", "\"\(canary)", "{ timeout: \(canary), command: [/x] }",
        ] {
            let text = """
                endpoint: test
                brands:
                  - name: batik
                    client_id: B-1
                    outputs: [{ file: t }]
                    secret: \(secret)
                """
            guard let error = Corpus.problems(text) else { continue }
            #expect(!error.description.lowercased().contains("canary9"), "\(secret): \(error)")
        }
    }
}
