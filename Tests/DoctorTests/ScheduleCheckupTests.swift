// SPDX-License-Identifier: Apache-2.0

import Doctor
import Foundation
import Model
import TestSupport
import Testing

@Suite struct ScheduleCheckupTests {
    private let root: TemporaryDirectory
    private static let timer = "doku-token-rotator.timer"

    init() throws {
        root = try TemporaryDirectory()
        try root.makeDirectory("run/systemd/system")
    }

    /// `15m` for a match with `run_every` 15m, else the pause that the warning names.
    private func pause(configuration: String = "/etc/doku-token-rotator/config.yaml") -> [String] {
        ScheduleCheckup(
            SchedulerFiles(below: root.path), configurationFile: root.path + configuration, runEvery: .seconds(900)
        ).findings().map { finding in
            let words = finding.message.split { " ,".contains($0) }
            return finding.result == (words[4] == "15m" ? .ok : .warn) ? String(words[4]) : "\(finding)"
        }
    }

    @Test(arguments: [
        ("*:0/15", "15m"), ("*-*-* *:00/15:00", "15m"), ("*-*-* *:07/15:30", "15m"), ("*:0,15,30,45", "15m"),
        ("hourly", "1h"), ("daily", "1d"), ("*-*-*", "1d"), ("minutely", "1m"), ("0/4:00", "4h"), ("*:5..50/15", "15m"),
        ("*:10..40/15", "30m"), ("8..17:0", "15h"), ("06:00:00", "1d"),
    ])
    func `the longest pause between two starts of a timer is compared`(calendar: String, pause: String) throws {
        try root.write("[Timer]\nOnCalendar=\(calendar)\n", to: "usr/lib/systemd/system/\(Self.timer)")
        #expect(self.pause() == [pause])
    }

    @Test(arguments: [
        "Mon *:0/15", "*-*-01 00:00", "*:0/15 UTC", "weekly", "*:*:0/10", "*:0/0", "*:60", "25:00", "x", "*:", "~", "",
    ])
    func `a timer whose times differ from day to day, or are not understood, is not judged`(calendar: String) throws {
        try root.write("[Timer]\nOnCalendar=\(calendar)\n", to: "usr/lib/systemd/system/\(Self.timer)")
        #expect(pause() == [])
        try root.write(
            "[Timer]\nOnCalendar=hourly\nOnUnitActiveSec=15min\n", to: "usr/lib/systemd/system/\(Self.timer)")
        #expect(pause() == [])
    }

    @Test func `drop-ins add and clear times in the order of their names`() throws {
        try root.write("[Timer]\nOnCalendar=*:0/30\n", to: "usr/lib/systemd/system/\(Self.timer)")
        try root.write("[Timer]\nOnCalendar=*:15/30\n", to: "etc/systemd/system/\(Self.timer).d/20-more.conf")
        #expect(pause() == ["15m"])
        try root.write("[Timer]\nOnCalendar=\n", to: "run/systemd/system/\(Self.timer).d/30-none.conf")
        #expect(pause() == [])
        try root.write("[Timer]\nOnCalendar = 0/2:00\n", to: "etc/systemd/system/\(Self.timer).d/30-none.conf")
        #expect(pause() == ["15m"], "the same name in /etc hides the one in /run")
        try root.write("[Timer]\nOnCalendar=hourly\n", to: "etc/systemd/system/\(Self.timer)")
        #expect(pause() == ["30m"], "a unit in /etc hides the one in /usr/lib")
    }

    @Test(arguments: [
        ("*/15 * * * * root doku-token-rotator rotate", "15m"), ("7-59/15 * * * * root doku-token-rotator", "15m"),
        ("0,30 8-17 * * * root doku-token-rotator", "14h30m"), ("@hourly root doku-token-rotator", "1h"),
        ("0\t*/2\t*\t*\t*\troot\tdoku-token-rotator", "2h"), ("*/7 * * * * root doku-token-rotator", "7m"),
    ])
    func `the lines of cron's table are compared`(line: String, pause: String) throws {
        try root.write("MAILTO=root\n# */5 * * * * doku-token-rotator\n\(line)\n", to: "etc/cron.d/doku-token-rotator")
        #expect(self.pause() == [pause])
    }

    @Test(arguments: [
        "*/15 * * * 1 root doku-token-rotator", "@reboot root doku-token-rotator",
        "*/0 * * * * root doku-token-rotator",
        "*/15 * * * * root doku-token-rotator --config /srv/other.yaml", "61 * * * * root doku-token-rotator", "",
    ])
    func `other lines are not judged`(line: String) throws {
        try root.write("\(line)\n", to: "etc/cron.d/doku-token-rotator")
        #expect(pause() == [])
    }

    @Test func `a timer counts only for its own configuration, under systemd, and if it is used`() throws {
        try root.write("[Timer]\nOnCalendar=hourly\n", to: "usr/lib/systemd/system/\(Self.timer)")
        #expect(pause(configuration: "/etc/doku-token-rotator/other.yaml") == [])
        #expect(pause() == ["1h"])
        try root.write("*/15 * * * * root doku-token-rotator\n", to: "etc/cron.d/doku-token-rotator")
        #expect(pause() == ["15m"], "cron starts the runs, the timer is not enabled")
        try root.makeDirectory("etc/systemd/system/timers.target.wants")
        try FileManager.default.createSymbolicLink(
            atPath: root.path("etc/systemd/system/timers.target.wants/\(Self.timer)"),
            withDestinationPath: "/usr/lib/systemd/system/\(Self.timer)")
        #expect(pause() == ["15m", "1h"])
        try FileManager.default.removeItem(atPath: root.path("run/systemd"))
        #expect(pause() == ["15m"])
    }
}
