// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Dispatch
internal import Kubernetes
internal import Model
internal import Reporting
internal import TokenRotation

struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Renew the tokens that are due (the default).",
        discussion: """
            Says nothing when all is well and nobody is watching.

            \(DokuTokenRotator.exitStatusHelp)
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Flag(help: "Renew even what is not due.")
    var force = false

    @Flag(help: "Show who is due and why; read no secret, request nothing, write nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("What standard output carries: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    @Option(help: ArgumentHelp("Wait so long for another run of the same configuration to end.", valueName: "duration"))
    var wait: DurationArgument = DurationArgument(.zero)

    @Option(
        help: ArgumentHelp(
            "The lines on standard error: text, json or journald (default: journald where the journal reads them).",
            valueName: "text|json|journald"))
    var logFormat: LogFormat?

    @Flag(name: [.short, .long], help: "Tell of each attempt, with its timings and protocol.")
    var verbose = false

    @Flag(name: [.short, .long], help: "Show nothing but failures, on a terminal too.")
    var quiet = false

    @Flag(help: "No colours (NO_COLOR does the same).")
    var noColor = false

    func validate() throws {
        if dryRun && wait.duration > .zero {
            throw ValidationError("--wait has no use with --dry-run, which takes no lock")
        }
        if verbose && quiet { throw ValidationError("--verbose and --quiet exclude each other") }
    }

    func run() throws {
        var request = RotationRequest(configurationFile: configuration.path)
        request.brands = selection.names
        request.shard = selection.shard
        request.force = force
        request.isDryRun = dryRun
        request.wait = wait.duration
        request.isAttended = Console.standardError.isTerminal

        let isWatched = Console.standardError.isTerminal && (logFormat ?? .text) == .text && !quiet
        let log = RunLog(format: logFormat ?? .suitable, runID: RandomIdentifier.make())
        // A reader that does not read must not hold up a brand: lines are written beside the run.
        let queue = DispatchQueue(label: "standard-error")
        let showsProgress = isWatched && !dryRun && Console.standardError.takesControls
        let progress = showsProgress ? ProgressLine(on: queue) : nil
        let stop = StopRequest()
        let signals = StopSignals(stop)
        let reporting = RunReporting(stop: stop)
        var report = RotationRun(
            request, runID: log.runID, context: RunContext(observe: observer(log, queue, progress)), stop: stop,
            destinations: KubernetesSecrets.destinations, audience: reporting
        ).report()
        progress?.end()
        // After a signal there is little time left: what is said here does not wait for others to answer.
        let isHurried = stop.isBySignal
        if !dryRun && !isHurried { report.warnings += reporting.tell(report) }
        // All that was told is written before what comes next.
        queue.sync {}
        say(report, isWatched: isWatched, log)
        if !dryRun && isHurried {
            for problem in reporting.tell(report) where !quiet { log.write(.warning, problem) }
        }
        withExtendedLifetime(signals) {}
        throw End(status: report.exitStatus)
    }

    /// What the run says at its end on its two streams.
    private func say(_ report: RunReport, isWatched: Bool, _ log: RunLog) {
        var lost: String?
        if output == .json { lost = ReportDocument.write(report) }
        if dryRun && output == .text && report.problems.isEmpty {
            let console = Console.standardOutput
            lost = console.write(report.table(width: console.width, isColoured: console.takesColours && !noColor))
        } else if isWatched && report.problems.isEmpty {
            let console = Console.standardError
            console.write(report.table(width: console.width, isColoured: console.takesColours && !noColor))
        } else {
            log.write(report, withWarnings: !quiet)
        }
        // The run's outcome stays what it is, and its exit status tells that.
        if let lost { log.write(.warning, "standard output: \(lost)") }
    }

    /// What is told while the run goes on; nil where nobody wants to know.
    private func observer(
        _ log: RunLog, _ queue: DispatchQueue, _ progress: ProgressLine?
    ) -> (@Sendable (RunEvent) -> Void)? {
        guard verbose || progress != nil else { return nil }
        return { [verbose] event in
            progress?.note(event)
            guard verbose, case .answered(let attempt) = event else { return }
            queue.async { @Sendable in
                progress?.giveWay()
                log.write(attempt)
            }
        }
    }
}

/// A duration as the configuration writes it: `90s`, `5m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.render(duration) }
}

extension Shard: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

/// Standard output's JSON document.
enum ReportDocument {
    /// - Returns: as ``Console/write(_:)``.
    static func write(_ report: RunReport) -> String? { write { report.writeJSON(to: $0) } }

    /// Writes what comes in pieces, some at a time.
    /// - Returns: as ``Console/write(_:)``.
    static func write(_ document: ((String) -> Void) -> Void) -> String? {
        var pieces = ""
        var lost: String?
        func pass() {
            if lost == nil { lost = Console.standardOutput.write(pieces) }
            pieces.removeAll(keepingCapacity: true)
        }
        document { piece in
            pieces += piece
            if pieces.utf8.count >= 1 << 16 { pass() }
        }
        pass()
        return lost
    }

    /// The document of a run that never began.
    static func write(problems: [String], status: ExitStatus, about examination: ExitStatus.Examination = .run) {
        let now = Timestamp.now
        var report = RunReport(
            runID: RandomIdentifier.make(), startedAt: now, endedAt: now, exitStatus: status, problems: problems)
        report.examination = examination
        Console.complain(ifLost: write(report))
    }
}
