// SPDX-License-Identifier: Apache-2.0

import Doctor
import Foundation
import Model
import Settings
import Setup
import TestSupport
import Testing

/// What `init` leaves on disk, and what `doctor` says of it.
@Suite struct SetupWritingTests {
    private static let system = "etc/doku-token-rotator"
    private let directory: TemporaryDirectory
    private let host = SetupHost(isRoot: false, program: "/usr/bin/doku-token-rotator")

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func plan(_ scheduler: Scheduler, every: RunInterval? = nil) throws -> SetupPlan {
        try SetupPlan(scheduler, in: directory.path(Self.system), every: every, on: host)
    }

    private func findings() throws -> [HostFinding] {
        let file = directory.path("\(Self.system)/config.yaml")
        return try ScheduleCheckup(
            SchedulerFiles(below: directory.path), configurationFile: file,
            runEvery: ConfigurationSource.read(file).runEvery
        ).findings()
    }

    @Test func `files and directories get their modes, and existing directories are used`() throws {
        try directory.makeDirectory("\(Self.system)/secrets", mode: 0o755)
        try plan(.systemd, every: .shipped).write()
        for (name, mode) in [
            ("\(Self.system)/secrets", 0o700), ("\(Self.system)/config.yaml", 0o644),
            ("etc/systemd/system/doku-token-rotator.timer.d/every.conf", 0o644),
        ] {
            #expect(FileFacts(directory.url.appending(path: name)).mode == mode, "\(name)")
        }
    }

    @Test(arguments: [Scheduler.systemd, .cron, .kubernetes])
    func `a file that exists is not overwritten, and then nothing is written`(scheduler: Scheduler) throws {
        for item in try plan(scheduler, every: .shipped).items where item.text != nil {
            let name = String(item.path.dropFirst(directory.path.count + 1))
            try directory.write("mine", to: name)
            let problem = #expect(throws: SetupProblem.self) { try plan(scheduler, every: .shipped).write() }
            #expect(problem?.status == .configuration)
            #expect(problem?.message.hasPrefix("\(item.path) exists, and init overwrites nothing; ") == true)
            #expect(directory.text(name) == "mine")
            #expect(FileFacts(directory.url.appending(path: "\(Self.system)/secrets")).kind == nil)
            try FileManager.default.removeItem(atPath: item.path)
        }
    }

    @Test func `a directory that is a link or a file is refused`() throws {
        try directory.makeDirectory("etc")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path(Self.system), withDestinationPath: directory.path("etc"))
        let link = #expect(throws: SetupProblem.self) { try plan(.cron).write() }
        #expect(link?.message.contains("is a symbolic link") == true)
        try FileManager.default.removeItem(atPath: directory.path(Self.system))
        try directory.write("", to: Self.system)
        let file = #expect(throws: SetupProblem.self) { try plan(.cron).write() }
        #expect(file?.message.hasSuffix("is a regular file; name a directory") == true)
        #expect(directory.names == ["etc"])
    }

    @Test(arguments: RunInterval.all)
    func `doctor agrees with a timer and its drop-in`(interval: RunInterval) throws {
        try plan(.systemd, every: interval).write()
        try installTimer()
        let text = DurationText.render(interval.duration)
        #expect(
            try findings() == [
                HostFinding(
                    .schedule, "doku-token-rotator.timer", .ok, "starts a run every \(text), as run_every says")
            ])
    }

    @Test(arguments: RunInterval.all)
    func `doctor agrees with a crontab`(interval: RunInterval) throws {
        try plan(.cron, every: interval).write()
        #expect(try findings().isEmpty)
        try directory.makeDirectory("etc/cron.d")
        let table = "etc/cron.d/doku-token-rotator"
        try FileManager.default.copyItem(
            atPath: directory.path("\(Self.system)/crontab"), toPath: directory.path(table))
        #expect(try findings().map(\.result) == [.ok])
        #expect(try findings().map(\.subject) == [directory.path(table)])
    }

    @Test func `doctor warns if the drop-in is missing`() throws {
        try plan(.systemd, every: RunInterval(.seconds(300))).write()
        try installTimer()
        try FileManager.default.removeItem(
            atPath: directory.path("etc/systemd/system/doku-token-rotator.timer.d/every.conf"))
        let finding = try #require(try findings().first)
        #expect(finding.result == .warn)
        #expect(
            finding.message == "starts a run every 15m, but run_every is 5m, so tokens may expire before the next run; "
                + "write run_every: 15m, or change OnCalendar= with `systemctl edit doku-token-rotator.timer`")
    }

    private func installTimer() throws {
        try directory.makeDirectory("run/systemd/system")
        let shipped = try String(contentsOf: Repository.url("systemd/doku-token-rotator.timer"), encoding: .utf8)
        try directory.write(shipped, to: "usr/lib/systemd/system/doku-token-rotator.timer")
    }
}
