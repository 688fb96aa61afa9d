// SPDX-License-Identifier: Apache-2.0

import Model
import Setup
import Testing

@Suite struct RunIntervalTests {
    @Test func `every interval divides an hour or a day`() throws {
        for interval in RunInterval.all {
            #expect(try RunInterval(interval.duration) == interval)
            #expect(60 % interval.minutes == 0 || interval.minutes % 60 == 0 && 24 * 60 % interval.minutes == 0)
        }
    }

    @Test(arguments: [
        ("15m", "*/15 * * * *", "*:0/15"), ("3m", "*/3 * * * *", "*:0/3"), ("1h", "0 */1 * * *", "0/1:00"),
        ("60m", "0 */1 * * *", "0/1:00"), ("4h", "0 */4 * * *", "0/4:00"),
    ])
    func `cron and timers get the same times`(text: String, cron: String, calendar: String) throws {
        let interval = try RunInterval(#require(DurationText.parse(text)))
        #expect(interval.cron == cron)
        #expect(interval.calendar == calendar)
    }

    @Test(arguments: [
        ("0", "too short", "at least 3m"), ("2m", "too short", "at least 3m"), ("90s", "too short", "at least 3m"),
        ("7m", "does not divide an hour or a day", "use 6m or 10m"), ("90m", "does not divide", "use 1h or 2h"),
        ("15m1s", "does not divide", "use 15m or 20m"), ("4h1m", "too long", "at most 4h"),
        ("1d", "too long", "at most 4h"),
    ])
    func `other intervals are refused with a reason and an action`(text: String, reason: String, action: String) throws
    {
        let duration = try #require(DurationText.parse(text))
        let problem = #expect(throws: SetupProblem.self) { try RunInterval(duration) }
        #expect(problem?.status == .usage)
        #expect(problem?.message.contains(reason) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains(action) == true, "\(problem?.message ?? "")")
    }
}
