// SPDX-License-Identifier: Apache-2.0
// The module Rotation: one run, from the lock on its configuration to its report: read, decide, request, publish.

internal import DurableFiles
internal import Hooks
package import Model
package import Reporting
internal import Secrets
internal import Settings

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
    /// Whether a person waits for the run: it delays nothing.
    package var isAttended = false

    package init(configurationFile: String) {
        self.configurationFile = configurationFile
    }
}

/// One start of the program: from a configuration file to a report with the exit status.
package struct RotationRun {
    private let request: RotationRequest
    private let runID: String
    private let context: RunContext
    private let stop: Cancellation
    private let destinations: DestinationMaker
    private let reporting: RunReporting?

    /// - Parameter reporting: is told nothing of a run that only plans.
    package init(
        _ request: RotationRequest, runID: String = RandomIdentifier.make(), context: RunContext = RunContext(),
        stop: Cancellation, destinations: @escaping DestinationMaker = { _, _, _ in [] },
        reporting: RunReporting? = nil
    ) {
        self.request = request
        self.runID = runID
        self.context = context
        self.stop = stop
        self.destinations = destinations
        self.reporting = request.isDryRun ? nil : reporting
    }

    /// Ends in a report on every way out.
    package func report() -> RunReport {
        let began = ContinuousClock.now
        var report = RunReport(
            runID: runID, startedAt: context.now(), endedAt: context.now(), exitStatus: .internal)
        report.coversAllBrands = request.brands == nil
        report.examination = request.isDryRun ? .plan : .run
        var turn: Turn?
        do {
            let taken = try acquireLock()
            turn = taken
            try work(taken, &report)
        } catch let error as InvalidConfiguration {
            report.exitStatus = .configuration
            report.problems = error.lines
            report.destinations = error.report
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
        report.warnings += reporting?.runEnded(report) ?? []
        // Only now the lock goes.
        withExtendedLifetime(turn) {}
        return report
    }

    private func work(_ turn: Turn, _ report: inout RunReport) throws {
        let configuration = try ConfigurationSource.read(turn.file, path: request.configurationFile)
        report.destinations = configuration.report
        report.runEvery = configuration.runEvery
        report.shard = request.shard
        let selection = try Selection(of: configuration, names: request.brands, shard: request.shard)
        guard turn.isOurs else {
            report.lostLock = true
            // A stop that came while it waited is not the other run's doing.
            guard stop.reason == nil else { return }
            report.exitStatus = .lockHeld
            report.problems = [
                "another run holds the lock on \(request.configurationFile); --wait DURATION waits for it"
            ]
            return
        }
        report.coverage = coverage(of: selection, in: configuration)
        if report.coverage == .whole { report.coversAllBrands = true }
        if request.isDryRun { return plan(configuration, selection, &report) }
        // Whoever is told may begin to read the environment on another thread: nothing is taken out of it after this.
        let known = configuration.hooks.isEmpty ? nil : RedactionSet()
        var variables = Set(configuration.brands.lazy.compactMap(\.secret.variable))
        if let variable = configuration.report.ping?.url.variable { variables.insert(variable) }
        let secrets = SecretReader(taking: variables, noting: known)
        reporting?.runBegan(report, secret: secrets.supply)
        rotate(configuration, selection, secrets, known, &report)
    }

    private func coverage(of selection: Selection, in configuration: Configuration) -> RunReport.Coverage {
        guard selection.brands.count < configuration.brands.count else { return .whole }
        let chosen = Set(selection.brands)
        return .allBut(
            Set(configuration.brands.indices.lazy.filter { !chosen.contains($0) }.map { configuration.brands[$0].name })
        )
    }

    /// The configuration, opened, and the lock of its runs: both go with this.
    private struct Turn {
        let file: InputFile
        /// What is locked instead of the file itself.
        var lock: LockFile?
        /// Whether the lock is ours, or none is needed.
        let isOurs: Bool
    }

    /// Opens the configuration and takes the run's lock on it.
    private func acquireLock() throws -> Turn {
        let end = ContinuousClock.now + request.wait
        while true {
            let file = try InputFile(path: request.configurationFile)
            guard !request.isDryRun else { return Turn(file: file, isOurs: true) }
            let isLocked: Bool
            do throws(FileError) {
                isLocked = try file.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
            } catch {
                guard error.reason == .lockUnsupported else { throw error }
                return try lockInStateDirectory(instead: error, waitingUntil: end)
            }
            // A file that was replaced meanwhile is locked in vain: the next run locks the new one.
            if !isLocked || file.isCurrent { return Turn(file: file, isOurs: isLocked) }
        }
    }

    /// Takes the lock that stands for a configuration whose file system has none.
    private func lockInStateDirectory(
        instead error: FileError, waitingUntil end: ContinuousClock.Instant
    ) throws -> Turn {
        let path = request.configurationFile
        guard let directory = StateDirectory(of: try ConfigurationSource.read(path)) else { throw error }
        let lock = try directory.lockFile()
        let isLocked = try lock.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
        // Opened under the lock: it may have been replaced while that was waited for.
        return Turn(file: try InputFile(path: path), lock: lock, isOurs: isLocked)
    }

    private func rotation(_ configuration: Configuration, _ selection: Selection) -> TokenRotation {
        TokenRotation(
            configuration: configuration, selection: selection, force: request.force, context: context, stop: stop,
            destinations: destinations)
    }

    private func hooks(
        _ configuration: Configuration, _ selection: Selection, _ report: RunReport
    ) -> HookDelivery {
        HookDelivery(configuration, selection, began: report.startedAt, isDryRun: request.isDryRun, stop: stop)
    }

    /// Says what a run would do.
    private func plan(_ configuration: Configuration, _ selection: Selection, _ report: inout RunReport) {
        let rotation = rotation(configuration, selection)
        let hooks = hooks(configuration, selection, report)
        report.outcomes = rotation.plan().planned
        report.hooks = hooks.pending
        report.warnings = hooks.warnings
        report.exitStatus = ExitStatus(outcomes: report.outcomes)
    }

    private func rotate(
        _ configuration: Configuration, _ selection: Selection, _ secrets: SecretReader, _ known: RedactionSet?,
        _ report: inout RunReport
    ) {
        if configuration.splay > .zero, !request.isAttended {
            let plan = rotation(configuration, selection).plan()
            if plan.hasRequests, !plan.isUrgent { stop.wait(upTo: configuration.splay * context.random()) }
        }
        // Begun, and its deadline counted, after the delay; what stands on disk may have changed meanwhile.
        let rotation = rotation(configuration, selection)
        let hooks = hooks(configuration, selection, report)
        let announce: @Sendable (Set<String>) -> Void = { hooks.announce($0) }
        let result = rotation.run(
            rotation.plan(), secrets: secrets, announce: hooks.isEmpty ? nil : announce, known: known)
        report.outcomes = result.outcomes
        report.clockOffset = result.clockOffset
        let status = ExitStatus(outcomes: result.outcomes)
        report.hooks = hooks.deliver(
            changed: result.changed, failed: result.failed, runID: report.runID, exitStatus: status,
            deadline: rotation.end
        ) { output in
            var redaction = OutputRedaction(output)
            let values = SensitiveValues(
                configuration: configuration, known: known ?? RedactionSet(), rotation: rotation)
            return values.hide(in: &redaction) ? redaction.text() : nil
        }
        report.warnings = result.warnings + hooks.warnings
        report.exitStatus = status.with(report.hooks)
    }
}

extension RunReporting {
    /// Tells those whom the configuration names, also of a run that never began: it has its secret still where it was.
    package convenience init(stop: Cancellation) {
        self.init(stop: stop, lateSecret: { SecretReader(taking: Set([$0.variable].compactMap(\.self))).supply })
    }
}

extension SecretReader {
    /// This reader as reporting uses it.
    fileprivate var supply: RunReporting.SecretSupply {
        { [self] source, isCancelled, warn throws(BrandFailure) in
            try secret(from: source, isCancelled: isCancelled, expose: { warn(Self.warning(of: $0)) })
        }
    }
}
