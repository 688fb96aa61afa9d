// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Model

@Suite struct TimestampTests {
    /// Made with `date -u -d @… +%FT%TZ`.
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:01Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_597_135_542, "2020-08-11T08:45:42Z"), (1_795_339_800, "2026-11-22T09:30:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func `a moment is written in UTC and whole seconds`(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test func `moments outside the calendar are moved to its ends`() {
        #expect(Timestamp(seconds: -1).seconds == 0)
        #expect(Timestamp(seconds: .min).seconds == 0)
        #expect(Timestamp(seconds: 253_402_300_800).seconds == 253_402_300_799)
        #expect(Timestamp(seconds: .max).seconds == 253_402_300_799)
    }

    @Test func `moments are ordered, and differ by durations`() {
        let (early, late) = (Timestamp(seconds: 100), Timestamp(seconds: 160))
        #expect(early < late && !(late < early) && early == Timestamp(seconds: 100))
        #expect(late.since(early) == .seconds(60))
        #expect(early.since(late) == .seconds(-60))
        #expect(early.advanced(by: .seconds(60)) == late)
        #expect(late.advanced(by: .seconds(-60)) == early)
        #expect(early.advanced(by: .seconds(-1000)).seconds == 0)
    }

    @Test(arguments: [
        (0.0, Int64?.some(0)), (0.999, 0), (1_795_339_800.5, 1_795_339_800), (253_402_300_799, 253_402_300_799),
        (253_402_300_800, nil), (.infinity, nil), (-.infinity, nil), (.nan, nil), (.greatestFiniteMagnitude, nil),
    ])
    func `a numeric date lies within the calendar`(number: Double, seconds: Int64?) {
        #expect(Timestamp(numericDate: number)?.seconds == seconds)
    }

    @Test func `now is between before and after`() {
        func clock() -> Int64 {
            var time = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec)
        }
        let before = clock()
        let now = Timestamp.now.seconds
        #expect((before...clock()).contains(now))
    }
}
