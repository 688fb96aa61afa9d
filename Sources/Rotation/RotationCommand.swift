// SPDX-License-Identifier: Apache-2.0
// The module Rotation: one run, from the lock on its configuration to its report. It reads, decides, requests and
// publishes.

internal import DurableFiles
internal import Hooks
package import Model
package import Reporting
internal import Secrets
internal import Settings

package struct RotationRequest: Sendable {
    package var configurationFile: String
    package var brands: [String]?
    package var shard: Shard?
    package var force = false
    /// Plan only: takes no lock, reads no secret, sends no token request and writes nothing.
    package var isDryRun = false
    /// How long to wait for another run of the same configuration.
    package var wait: Duration = .zero
    /// Whether a person waits for the run. The run then skips its random delay.
    package var isAttended = false

    package init(configurationFile: String) {
        self.configurationFile = configurationFile
    }
}

/// What the command `rotate` does, from a configuration file to a report with the exit status.
package struct RotationCommand {
    private let request: RotationRequest
    private let runID: String
    private let context: RunContext
    private let stop: Cancellation
    private let destinations: DestinationMaker
    private let reporting: RunReporting?

    /// - Parameter reporting: ignored in a dry run.
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

    /// Runs and returns a report, also if the run fails.
    package func report() -> RunReport {
        let began = ContinuousClock.now
        var report = RunReport(
            runID: runID, startedAt: .now, endedAt: .now, exitStatus: .internal)
        report.coversAllBrands = request.brands == nil
        report.examination = request.isDryRun ? .plan : .run
        report.head.configuration = request.configurationFile
        report.head.shard = request.shard
        var runLock: RunLock?
        do {
            let taken = try acquireLock()
            runLock = taken
            try work(taken, &report)
        } catch let error as InvalidConfiguration {
            report.exitStatus = .configuration
            report.head.problems = error.listed
            report.destinations = error.report
        } catch let error as FileError {
            report.exitStatus = .configuration
            report.head.problems = ConfigurationSource.problems(error, in: request.configurationFile)
        } catch let error as InvalidSelection {
            report.exitStatus = .usage
            report.head.problems = [Problem(error.message)]
        } catch {
            report.head.problems = [Problem("internal error: \(error)")]
        }
        if let status = stop.reason?.exitStatus { report.exitStatus = status }
        report.endedAt = .now
        report.duration = .now - began
        report.warnings += reporting?.runEnded(report) ?? []
        // The lock is held until here.
        withExtendedLifetime(runLock) {}
        return report
    }

    private func work(_ runLock: RunLock, _ report: inout RunReport) throws {
        let configuration = try ConfigurationSource.read(runLock.file, path: request.configurationFile)
        report.destinations = configuration.report
        report.runEvery = configuration.runEvery
        report.head.endpoint = configuration.endpoint.url
        let selection = try Selection(of: configuration, names: request.brands, shard: request.shard)
        guard runLock.isOurs else {
            report.lostLock = true
            // If the wait was cancelled, the other run is not the cause.
            guard stop.reason == nil else { return }
            report.exitStatus = .lockHeld
            report.head.problems = [
                Problem(
                    "another run holds the lock on \(request.configurationFile); --wait DURATION waits for it",
                    file: request.configurationFile)
            ]
            return
        }
        report.coverage = selection.others.isEmpty ? .whole : .allBut(selection.others)
        if report.coverage == .whole { report.coversAllBrands = true }
        if request.isDryRun { return plan(configuration, selection, &report) }
        // Reporting may read the environment on another thread, so variables are removed from it before that.
        let known = configuration.hooks.isEmpty ? nil : RedactionSet()
        var variables = Set(configuration.brands.lazy.compactMap(\.secret.variable))
        if let variable = configuration.report.ping?.url.variable { variables.insert(variable) }
        let secrets = SecretReader(taking: variables, noting: known)
        reporting?.runBegan(report, secret: secrets.supply)
        rotate(configuration, selection, secrets, known, &report)
    }

    /// The open configuration file and the run's lock. They are released together.
    private struct RunLock {
        let file: InputFile
        /// The lock file, if the configuration file itself cannot be locked.
        var lock: InputFile?
        /// Whether this run holds the lock, or needs none.
        let isOurs: Bool
    }

    private func acquireLock() throws -> RunLock {
        let end = ContinuousClock.now + request.wait
        while true {
            let file = try InputFile(path: request.configurationFile)
            guard !request.isDryRun else { return RunLock(file: file, isOurs: true) }
            let isLocked: Bool
            do throws(FileError) {
                isLocked = try file.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
            } catch {
                guard error.reason == .lockUnsupported else { throw error }
                return try lockInStateDirectory(instead: error, waitingUntil: end)
            }
            // If the file was replaced meanwhile, the next run would lock the new one. Try again with that.
            if !isLocked || file.isCurrent { return RunLock(file: file, isOurs: isLocked) }
        }
    }

    /// Locks a file in the state directory, if the configuration's file system does not support locks.
    private func lockInStateDirectory(
        instead error: FileError, waitingUntil end: ContinuousClock.Instant
    ) throws -> RunLock {
        let path = request.configurationFile
        guard let directory = StateDirectory(of: try ConfigurationSource.read(path)) else { throw error }
        let lock = try directory.lockFile()
        let isLocked = try lock.lock(waitingUntil: end, isCancelled: { stop.reason != nil })
        // Open the file under the lock, because it may have been replaced during the wait.
        return RunLock(file: try InputFile(path: path), lock: lock, isOurs: isLocked)
    }

    private func run(_ configuration: Configuration, _ selection: Selection) -> RotationRun {
        RotationRun(
            configuration: configuration, selection: selection, force: request.force, context: context, stop: stop,
            destinations: destinations)
    }

    private func hooks(
        _ configuration: Configuration, _ selection: Selection, _ report: RunReport
    ) -> HookDelivery {
        HookDelivery(configuration, selection, began: report.startedAt, isDryRun: request.isDryRun, stop: stop)
    }

    private func plan(_ configuration: Configuration, _ selection: Selection, _ report: inout RunReport) {
        let run = run(configuration, selection)
        let hooks = hooks(configuration, selection, report)
        report.outcomes = run.plan().planned
        report.hooks = hooks.pending
        report.warnings = hooks.warnings
        report.exitStatus = ExitStatus(outcomes: report.outcomes)
    }

    private func rotate(
        _ configuration: Configuration, _ selection: Selection, _ secrets: SecretReader, _ known: RedactionSet?,
        _ report: inout RunReport
    ) {
        if configuration.splay > .zero, !request.isAttended {
            let plan = run(configuration, selection).plan()
            if plan.hasRequests, !plan.isUrgent { stop.wait(upTo: configuration.splay * context.random()) }
        }
        // The deadline counts from the end of the delay. The outputs may have changed meanwhile, so plan again.
        let run = run(configuration, selection)
        let hooks = hooks(configuration, selection, report)
        let announce: @Sendable (Set<String>) -> Void = { hooks.announce($0) }
        let result = run.execute(
            run.plan(), secrets: secrets, announce: hooks.isEmpty ? nil : announce, known: known)
        report.outcomes = result.outcomes
        report.clockOffset = result.clockOffset
        let status = ExitStatus(outcomes: result.outcomes)
        report.hooks = hooks.deliver(
            changed: result.changed, failed: result.failed, runID: report.runID, exitStatus: status,
            deadline: run.end
        ) { output in
            var redaction = OutputRedaction(output)
            let values = SensitiveValues(run: run, known: known ?? RedactionSet())
            return values.hide(in: &redaction) ? redaction.text() : nil
        }
        report.warnings = result.warnings + hooks.warnings
        report.exitStatus = status.with(report.hooks)
    }
}

extension RunReporting {
    /// Creates the reporting of a run. If the run fails before it starts, reporting reads the ping's secret itself.
    package convenience init(stop: Cancellation) {
        self.init(stop: stop, lateSecret: { SecretReader(taking: Set([$0.variable].compactMap(\.self))).supply })
    }
}

extension SecretReader {
    /// This reader in the form that reporting needs.
    fileprivate var supply: RunReporting.SecretSupply {
        { [self] source, isCancelled, warn throws(BrandFailure) in
            try secret(from: source, isCancelled: isCancelled, expose: { warn(Self.warning(of: $0)) })
        }
    }
}
