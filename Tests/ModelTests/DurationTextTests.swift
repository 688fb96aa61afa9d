// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0", Duration.zero), ("0s", .zero), ("500ms", .milliseconds(500)), ("15s", .seconds(15)),
        ("2m", .seconds(120)),
        ("6h", .seconds(21_600)), ("1d", .seconds(86_400)), ("1h30m", .seconds(5400)),
        ("1d2h3m4s5ms", .milliseconds(93_784_005)), ("90m", .seconds(5400)), ("007s", .seconds(7)),
        ("9999999d", .seconds(9_999_999 * 86_400)),
    ])
    func `a duration is a sum of whole numbers with units`(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "5", "s", "1.5h", "-1s", "+1s", "1 h", " 1h", "1h ", "1H", "1h1h", "30m1h", "1ms1s", "1hour", "1w", "00",
        "1µs",
        "10000000s", "99999999999999999999s", "1e3s", "１s", "1h\n", "1h\0",
    ])
    func `anything else is not a duration`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1500), "1s500ms"), (.seconds(59), "59s"),
        (.seconds(60), "1m"), (.seconds(90), "1m30s"), (.seconds(5400), "1h30m"), (.seconds(86_400), "1d"),
        (.seconds(90_061), "1d1h1m1s"), (.microseconds(999), "0s"), (.seconds(-90), "-1m30s"),
    ])
    func `a duration is written as people write it`(duration: Duration, expected: String) {
        #expect(DurationText.render(duration) == expected)
    }

    @Test(arguments: [
        ("900", ["15m", "15h"]), ("15min", ["15m"]), ("15 m", ["15m"]), ("2 Hours", ["2h"]), ("30secs", ["30s"]),
        ("1day", ["1d"]), ("500 msec", ["500ms"]), ("1.5h", []), ("h", []), ("", []), ("12345678", []), ("3 weeks", []),
    ])
    func `a unit is guessed if it is left out or has a long name`(text: String, expected: [String]) {
        #expect(DurationText.guesses(text).map(DurationText.render) == expected)
    }
}
