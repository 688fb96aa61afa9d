// SPDX-License-Identifier: Apache-2.0

import Curl
import Testing

@Suite struct HTTPDateTests {
    /// The example of RFC 9110 §5.6.7 in its three forms, and dates made with `date -u -d`.
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(784_111_777)), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Sun, 22 Nov 2026 09:30:00 GMT", 1_795_339_800),
        ("Sunday, 22-Nov-26 09:30:00 GMT", 1_795_339_800), ("Sun Nov 22 09:30:00 2026", 1_795_339_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ])
    func `the three forms are parsed`(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", " ", "Sun", "Sun,", "Sunday", "Sun, GMT", "yesterday", "now", "0", "784111777", "1994-11-06T08:49:37Z",
        "06 Nov 1994 08:49:37 GMT", "Sux, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:99 GMT", "Sun, 06 Nov 1994 08:49:37 GMT\0", "Sun, 06 Nov 1994 08:49:37\n GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT and more words than any date has", "Sun, 0\u{666} Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1960 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
    ])
    func `other text is not a date`(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }

    @Test func `no text crashes the parser`() {
        var state: UInt64 = 1
        let parts = ["Sun", ", ", "06", " Nov", "-94", " 08:49:37", " GMT", "1994", "\t", "9", "+", ":", "Monday"]
        for _ in 0..<20_000 {
            var text = "Sun"
            for _ in 0..<(state >> 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int((state >> 33) % UInt64(parts.count))]
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if let seconds = HTTPDate.seconds(text) { #expect(seconds >= 0) }
        }
    }
}
