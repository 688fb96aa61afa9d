// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TokenAPI

@Suite struct TokenResponseBodyTests {
    @Test func `the fast reader and the decoder read the same token`() throws {
        let corpus = try PlainReading.corpus()
        #expect(!corpus.isEmpty)
        let (short, differing) = PlainReading.compare(
            PlainReading.documents(PlainReading.bodies, seed: 1) + corpus, plain: { TokenResponseBody(plain: $0) },
            whole: { TokenResponseBody(decoding: $0) }, either: { TokenResponseBody($0) })
        #expect(differing == [])
        #expect(short > 100)
    }

    /// Otherwise the comparison above would compare nothing.
    @Test func `the fast reader reads a body that DOKU sends`() {
        #expect(TokenResponseBody(plain: Array(PlainReading.bodies[0].utf8)) != nil)
    }
}
