// SPDX-License-Identifier: Apache-2.0

import Rotation
import Testing

@Suite struct RandomIdentifierTests {
    /// RFC 9562 §5.4, in lower case.
    @Test func `each identifier is a unique version 4 UUID`() {
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        let made = (0..<5000).map { _ in RandomIdentifier.make() }
        #expect(made.allSatisfy { $0.wholeMatch(of: form) != nil })
        #expect(Set(made).count == made.count)
    }

    /// Every random digit takes every value.
    @Test func `all bits but the version and the variant are random`() {
        let made = (0..<2000).map { _ in Array(RandomIdentifier.make()) }
        for place in 0..<36 where ![8, 13, 14, 18, 23].contains(place) {
            #expect(Set(made.map { $0[place] }).count == (place == 19 ? 4 : 16), "place \(place)")
        }
    }
}
