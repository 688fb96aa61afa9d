// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

/// What the command line asks of a run.
package struct RotationRequest: Sendable {
    package var configurationFile: String
    /// nil for all brands.
    package var brands: [String]?
    package var shard: Shard?
    package var force = false
    /// Plan only: no lock, no secret read, no request, no write.
    package var isDryRun = false
    /// How long to wait for another run of the same configuration to end.
    package var wait: Duration = .zero

    package init(configurationFile: String) {
        self.configurationFile = configurationFile
    }
}

/// One start of the program: from a configuration file to a report with the exit status.
package struct RotationRun: Sendable {
    private let request: RotationRequest
    private let context: RunContext
    private let stop: StopRequest

    package init(_ request: RotationRequest, context: RunContext = RunContext(), stop: StopRequest) {
        self.request = request
        self.context = context
        self.stop = stop
    }

    /// Ends in a report on every way out.
    package func report() -> RunReport {
        let began = ContinuousClock.now
        var report = RunReport(
            runID: context.requestID(), startedAt: context.now(), endedAt: context.now(), exitStatus: .internal)
        do {
            // Both are held until the report is made: the lock goes with them.
            let (file, lock, isLocked) = try open()
            let configuration = try ConfigurationSource.read(file, path: request.configurationFile)
            let selection = try Selection(of: configuration, names: request.brands, shard: request.shard)
            if isLocked {
                rotate(configuration, selection, &report)
            } else if stop.reason == nil {
                report.exitStatus = .lockHeld
                report.problems = [
                    "another run holds the lock on \(request.configurationFile); --wait DURATION waits for it"
                ]
            }
            withExtendedLifetime((file, lock)) {}
        } catch let error as InvalidConfiguration {
            report.exitStatus = .configuration
            report.problems = error.lines
        } catch let error as FileError {
            report.exitStatus = .configuration
            let hint =
                error.reason == .lockUnsupported
                ? "; or name a directory on one in state_dir, for a lock file" : ""
            report.problems = ["configuration: \(error)\(hint)"]
        } catch let error as InvalidSelection {
            report.exitStatus = .usage
            report.problems = [error.message]
        } catch {
            report.problems = ["internal error: \(error)"]
        }
        switch stop.reason {
        case .interrupted: report.exitStatus = .interrupted
        case .terminated: report.exitStatus = .terminated
        case .deadline, nil: break
        }
        report.endedAt = context.now()
        report.duration = .now - began
        return report
    }

    /// Opens the configuration and takes the run's lock on it; false where another run has it.
    private func open() throws -> (InputFile, LockFile?, isLocked: Bool) {
        let end = ContinuousClock.now + request.wait
        while true {
            let file = try InputFile(path: request.configurationFile)
            guard !request.isDryRun else { return (file, nil, true) }
            let isLocked: Bool
            do throws(FileError) {
                isLocked = try file.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
            } catch {
                guard error.reason == .lockUnsupported else { throw error }
                return try lockInStateDirectory(instead: error, waitingUntil: end)
            }
            // A file that was replaced meanwhile is locked in vain: the next run locks the new one.
            if !isLocked || file.isCurrent { return (file, nil, isLocked) }
        }
    }

    /// Takes the lock that stands for a configuration whose file system has none.
    private func lockInStateDirectory(
        instead error: FileError, waitingUntil end: ContinuousClock.Instant
    ) throws -> (InputFile, LockFile?, isLocked: Bool) {
        let path = request.configurationFile
        guard let directory = StateDirectory(of: try ConfigurationSource.read(path), file: path) else { throw error }
        let lock = try directory.lockFile()
        let isLocked = try lock.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
        // Opened under the lock: it may have been replaced while that was waited for.
        return (try InputFile(path: path), lock, isLocked)
    }

    private func rotate(_ configuration: Configuration, _ selection: Selection, _ report: inout RunReport) {
        let rotation = Rotation(
            configuration: configuration, selection: selection, force: request.force, context: context, stop: stop)
        let hooks = HookDelivery(
            configuration, selection, configurationFile: request.configurationFile, began: report.startedAt,
            isDryRun: request.isDryRun)
        if request.isDryRun {
            report.outcomes = rotation.plan().planned
            report.hooks = hooks.pending
            report.warnings = hooks.warnings
            report.exitStatus = ExitStatus(outcomes: report.outcomes)
            return
        }
        let secrets = hooks.isEmpty ? nil : KnownSecrets()
        let announce: @Sendable (Set<Int>) -> Void = { hooks.announce($0) }
        let ending = rotation.run(
            rotation.plan(), announce: hooks.isEmpty ? nil : announce, secrets: secrets)
        report.outcomes = ending.outcomes
        report.clockOffset = ending.clockOffset
        let status = ExitStatus(outcomes: ending.outcomes)
        report.hooks = hooks.deliver(
            changed: ending.changed, failed: ending.failed, runID: report.runID, exitStatus: status,
            deadline: rotation.end,
            stop: stop
        ) { output in
            var redaction = OutputRedaction(output)
            SensitiveValues(configuration: configuration, known: secrets ?? KnownSecrets()).hide(in: &redaction)
            return redaction.text()
        }
        report.warnings = ending.warnings + hooks.warnings
        report.exitStatus = ExitStatus(outcomes: ending.outcomes, hooks: report.hooks)
    }
}

/// The way from a file to a configuration.
package enum ConfigurationSource {
    /// In bytes: 10 000 brands take about one million.
    static let maximumSize = 4 * 1024 * 1024

    static func read(_ path: String) throws -> Configuration { try read(InputFile(path: path), path: path) }

    static func read(_ file: InputFile, path: String) throws -> Configuration {
        try ConfigurationReader.read(
            file.read(maximumSize: maximumSize), file: path, isPrivate: file.status.isPrivate)
    }

    /// Every problem of a configuration file, one line each; none where it is good.
    package static func problems(in path: String) -> [String] {
        do {
            _ = try read(path)
            return []
        } catch let error as InvalidConfiguration {
            return error.lines
        } catch {
            return ["configuration: \(error)"]
        }
    }
}
