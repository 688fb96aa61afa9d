// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Settings

/// Where this host's schedulers have their files.
package struct SchedulerFiles: Sendable {
    /// The configuration that the shipped timer is for.
    let configuration: String
    /// Exists if systemd runs the host.
    let systemd: String
    /// Where systemd looks for units, the most important directory first (systemd.unit(5)).
    let unitDirectories: [String]
    let cronTable: String

    /// - Parameter root: a directory to use in place of `/`, without a slash at its end.
    package init(below root: String = "") {
        configuration = "\(root)\(ConfigurationLocation.system)/\(ConfigurationLocation.fileName)"
        systemd = "\(root)/run/systemd/system"
        unitDirectories = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map { "\(root)\($0)/systemd/system" }
        cronTable = "\(root)/etc/cron.d/doku-token-rotator"
    }
}

/// Compares `run_every` with the timer, or the table of cron, that starts the runs.
package struct ScheduleCheckup {
    private static let timer = "doku-token-rotator.timer"

    private let files: SchedulerFiles
    private let configurationFile: String
    private let runEvery: Duration

    /// - Parameter configurationFile: as the command line names it.
    package init(_ files: SchedulerFiles, configurationFile: String, runEvery: Duration) {
        self.files = files
        self.configurationFile = (try? Directory.absolutePath(configurationFile)) ?? configurationFile
        self.runEvery = runEvery
    }

    /// Empty if no scheduler is found, or its times cannot be compared.
    package func findings() -> [HostFinding] {
        let table = text(files.cronTable)
        var findings: [HostFinding] = []
        if let table, let schedule = tableSchedule(table) {
            findings.append(finding(files.cronTable, schedule, action: "its times"))
        }
        // A package brings the timer, so it may be there without being used.
        if configurationFile == files.configuration, (try? FileKind.at(files.systemd)) == .directory,
            table == nil || isEnabled, let schedule = timerSchedule()
        {
            findings.append(finding(Self.timer, schedule, action: "OnCalendar= with `systemctl edit \(Self.timer)`"))
        }
        return findings
    }

    private func finding(_ subject: String, _ schedule: DaySchedule, action: String) -> HostFinding {
        let pause = DurationText.render(schedule.longestPause)
        guard schedule.longestPause != runEvery else {
            return HostFinding(.schedule, subject, .ok, "starts a run every \(pause), as run_every says")
        }
        let isLate = schedule.longestPause > runEvery
        return HostFinding(
            .schedule, subject, .warn,
            "starts a run every \(pause), but run_every is \(DurationText.render(runEvery))"
                + (isLate ? ", so tokens may expire before the next run" : "")
                + "; write run_every: \(pause), or change \(action)")
    }

    private func text(_ path: String) -> String? {
        (try? InputFile(path: path).read(maximumSize: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: cron

    /// The lines that run this configuration.
    private func tableSchedule(_ table: String) -> DaySchedule? {
        let lines = table.split(separator: "\n").filter { line in
            !line.hasPrefix("#") && line.contains("doku-token-rotator")
                && (line.contains(configurationFile) || !line.contains("--config"))
        }
        return Self.union(lines.map { DaySchedule(cron: String($0)) })
    }

    /// Nil if there is no schedule, or one of them is unknown.
    private static func union(_ schedules: [DaySchedule?]) -> DaySchedule? {
        let known = schedules.compactMap(\.self)
        guard var all = known.first, known.count == schedules.count else { return nil }
        for schedule in known { all.formUnion(schedule) }
        return all
    }

    // MARK: systemd

    private var isEnabled: Bool {
        files.unitDirectories.contains { directory in
            (try? FileKind.at("\(directory)/timers.target.wants/\(Self.timer)")) == .symlink
        }
    }

    /// The times of the timer, after its drop-ins.
    private func timerSchedule() -> DaySchedule? {
        guard let unit = files.unitDirectories.lazy.compactMap({ text("\($0)/\(Self.timer)") }).first else {
            return nil
        }
        var calendars: [String] = []
        for setting in ([unit] + dropIns).flatMap(Self.timerSettings) {
            switch setting.key {
            // An empty value clears the times of every kind (systemd.timer(5)).
            case _ where setting.value.isEmpty: calendars = []
            case "OnCalendar": calendars.append(setting.value)
            // These repeat too, and depend on when runs end.
            case "OnUnitActiveSec", "OnUnitInactiveSec": return nil
            default: break
            }
        }
        return Self.union(calendars.map { DaySchedule(calendar: $0) })
    }

    /// In the order of their names. A name in a more important directory hides the same one in others.
    private var dropIns: [String] {
        var paths: [String: String] = [:]
        for directory in files.unitDirectories.reversed().map({ "\($0)/\(Self.timer).d" }) {
            for name in Directory.names(in: directory) where name.hasSuffix(".conf") {
                paths[name] = "\(directory)/\(name)"
            }
        }
        return paths.sorted { $0.key < $1.key }.compactMap { text($0.value) }
    }

    /// The settings of a unit file that begin with `On`.
    private static func timerSettings(_ unit: String) -> [(key: String, value: String)] {
        unit.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("On"), let equals = line.firstIndex(of: "=") else { return nil }
            return (trimmed(line[..<equals]), trimmed(line[line.index(after: equals)...]))
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}
