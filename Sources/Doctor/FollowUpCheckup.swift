// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Hooks
internal import Model
internal import Processes
internal import Publishing
internal import Secrets

/// Checks what a run does after it published tokens: hooks, their journal, and the reports.
struct FollowUpCheckup {
    private let configuration: Configuration
    private let reader: SecretReader
    private let directories: OutputDirectories

    /// Removes a secret from the environment. Create it before another thread reads the environment.
    init(_ configuration: Configuration, _ directories: OutputDirectories) {
        self.configuration = configuration
        self.directories = directories
        reader = SecretReader(taking: Set([configuration.report.ping?.url.variable].compactMap(\.self)))
    }

    /// Runs the command of a ping, as a rotation run does.
    func findings(_ stop: Cancellation) -> [HostFinding] {
        var findings = configuration.hooks.map(finding)
        if let state = stateFinding(stop) { findings.append(state) }
        if let path = configuration.report.metricsFile { findings.append(metricsFinding(path, stop)) }
        if let path = configuration.report.terminationMessage { findings.append(messageFinding(path, stop)) }
        if let ping = configuration.report.ping {
            findings += SecretCheckup.findings(on: ping.url, reader, directories, stop) {
                HostFinding(.report, "ping", $0, $1 ?? "its URL can be read")
            }
        }
        return findings
    }

    private func finding(_ hook: Hook) -> HostFinding {
        let program = hook.argv.first ?? ""
        return Executable.problem(program).map { HostFinding(.hook, hook.name, .fail, $0) }
            ?? HostFinding(.hook, hook.name, .ok, "\(program) can be started")
    }

    private func stateFinding(_ stop: Cancellation) -> HostFinding? {
        guard let directory = StateDirectory(of: configuration) else {
            guard !configuration.hooks.isEmpty else { return nil }
            return HostFinding(
                .stateDirectory, "state_dir", .warn,
                "is not set: a hook that a run cannot deliver is lost; set it, or set StateDirectory= in the unit")
        }
        do throws(FileError) {
            try directory.probeWrite(stop: stop)
            return HostFinding(.stateDirectory, directory.path, .ok, "can be written")
        } catch {
            return HostFinding(.stateDirectory, directory.path, .fail, "\(error)")
        }
    }

    private func metricsFinding(_ path: String, _ stop: Cancellation) -> HostFinding {
        do throws(FileError) {
            let location = try FileLocation(path: path)
            try bounded(path, stop) { () throws(FileError) in
                _ = try Directory(path: location.directory, use: .sharing).probeWrite(
                    location, attributes: PublishedAttributes(mode: 0o644))
            }
            return HostFinding(.report, path, .ok, "can be written")
        } catch {
            return HostFinding(.report, path, .fail, "\(error)")
        }
    }

    /// A missing file is a warning: Kubernetes mounts it only when the container starts.
    private func messageFinding(_ path: String, _ stop: Cancellation) -> HostFinding {
        do throws(FileError) {
            let location = try FileLocation(path: path)
            let file = try bounded(path, stop) { () throws(FileError) in
                try Directory(path: location.directory, use: .reading).inspect(location, maximumSize: 0)
            }
            if file == nil {
                return HostFinding(
                    .report, path, .warn, "does not exist; in a container, set terminationMessagePath to this path")
            }
            return HostFinding(.report, path, .ok, "exists")
        } catch {
            // Kubernetes mounts the file itself. The run can still write to it.
            if error.reason == .isMountPoint { return HostFinding(.report, path, .ok, "exists") }
            return HostFinding(.report, path, .warn, "\(error)")
        }
    }

    /// Runs a file operation within the time limit for disks.
    private func bounded<Value: Sendable>(
        _ path: String, _ stop: Cancellation, _ body: @escaping @Sendable () throws(FileError) -> Value
    ) throws(FileError) -> Value {
        let result = stop.result(within: directories.patience, afterSignal: 0) { () -> Result<Value, FileError> in
            do throws(FileError) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try (result ?? .failure(.hanging(path))).get()
    }
}
