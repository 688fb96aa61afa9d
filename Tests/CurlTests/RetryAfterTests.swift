// SPDX-License-Identifier: Apache-2.0

import Curl
import Testing

@Suite struct RetryAfterTests {
    private static let date = "Sun, 22 Nov 2026 09:30:00 GMT"

    private func wait(_ value: String, date: String? = nil) -> Duration? {
        // 2026-11-22T09:30:00Z.
        RetryAfter.wait(value, date: date, now: 1_795_339_800)
    }

    @Test(arguments: [("0", 0), ("1", 1), ("007", 7), ("120", 120), ("999999999", 999_999_999)])
    func `seconds count from the answer`(value: String, seconds: Int64) {
        #expect(wait(value) == .seconds(seconds))
        // Whatever the clocks say.
        #expect(wait(value, date: "Sun, 06 Nov 1994 08:49:37 GMT") == .seconds(seconds))
    }

    /// A year of five digits was found by fuzzing.
    @Test(arguments: ["99999999999999999999999999", "Tue Nov 14 22023", "Fri, 31 Dec 9999 23:59:59 GMT"])
    func `no wait is without end`(value: String) {
        #expect(wait(value) == .seconds(1_000_000_000))
    }

    /// The three forms of RFC 9110 §5.6.7.
    @Test(arguments: [
        "Sun, 22 Nov 2026 09:31:30 GMT", "Sunday, 22-Nov-26 09:31:30 GMT", "Sun Nov 22 09:31:30 2026",
    ])
    func `a date counts from the server's own`(value: String) {
        #expect(wait(value) == .seconds(90))
        #expect(wait(value, date: Self.date) == .seconds(90))
        #expect(wait(value, date: "Sun, 22 Nov 2026 08:31:30 GMT") == .seconds(3600))
        #expect(wait(value, date: "Sunday, 22-Nov-26 09:31:20 GMT") == .seconds(10))
        #expect(wait(value, date: "no date") == .seconds(90))
    }

    @Test(arguments: [
        "Sun, 22 Nov 2026 09:29:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 22 Nov 2026 09:30:00 GMT",
    ])
    func `a date that is past asks for no wait`(value: String) {
        #expect(wait(value, date: Self.date) == .zero)
    }

    /// RFC 9110 §10.2.3 sets no bound to the digits: who writes many asks for a wait that no run has.
    @Test(arguments: ["1000000000", "9999999999", "99999999999999999999", String(repeating: "9", count: 300)])
    func `an absurd number is a long wait, not none`(value: String) throws {
        #expect(try #require(wait(value)) >= .seconds(999_999_999))
    }

    @Test(arguments: [
        "", " ", "soon", "-1", "+5", "1.5", "1e3", "5s", "5 ", " 5", "0x10", "٥", "２", "5,6", "Sun", "Sun,", "Sunday",
        "Sun, 22 Nov", "2026-11-22T09:31:30Z", "22 Nov 2026 09:31:30 GMT", "Sun, 99 Nov 2026 09:31:30 GMT",
        "Sun, 22 Nix 2026 09:31:30 GMT", "Sun, 22 Nov 2026 25:31:30 GMT", "Sun, 22 Nov 2026 09:31:30 GMT\0",
        "Sun, 22 Nov 2026 09:31:30 GMT" + String(repeating: " ", count: 100), "tomorrow", "now",
    ])
    func `anything else is no wish`(value: String) {
        #expect(wait(value, date: Self.date) == nil)
    }
}
