// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TokenAPI

@Suite struct AnswerBodyTests {
    @Test func `a body is read the short way as the decoder reads it`() throws {
        let corpus = try PlainReading.corpus()
        #expect(!corpus.isEmpty)
        let (short, differing) = PlainReading.compare(
            PlainReading.documents(PlainReading.bodies, seed: 1) + corpus, plain: { AnswerBody(plain: $0) },
            whole: { AnswerBody(decoding: $0) }, either: { AnswerBody($0) })
        #expect(differing == [])
        #expect(short > 100)
    }

    /// Else the comparison above would be of nothing.
    @Test func `a body that DOKU sends is read the short way`() {
        #expect(AnswerBody(plain: Array(PlainReading.bodies[0].utf8)) != nil)
    }
}
