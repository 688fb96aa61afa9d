// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Dispatch
internal import Model
internal import Reporting
internal import Rotation

struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Renew the tokens that are due (the default).",
        discussion: """
            Success is silent, except on a terminal.

            \(HelpPage.exitStatuses)
            """)

    @OptionGroup var options: RotateOptions

    func run() throws { try options.run() }
}

/// The options of `rotate`, which are valid without its name, too.
struct RotateOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Flag(help: "Renew tokens that are not due, too.")
    var force = false

    @Flag(
        name: [.customShort("n"), .long],
        help: "Show which brands are due and why. Read no secret, send no request, write nothing.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The longest wait for another run of the same configuration.", valueName: "duration"))
    var wait: DurationArgument = DurationArgument(.zero)

    @Option(
        help: ArgumentHelp(
            "The format of standard error: text, json or journald (default: journald if it is the journal, else text).",
            valueName: "text|json|journald"))
    var logFormat: LogFormat?

    @Flag(name: [.short, .long], help: "Show each attempt with its timings and protocol.")
    var verbose = false

    @Flag(name: [.short, .long], help: "Show only failures, also on a terminal.")
    var quiet = false

    func validate() throws {
        if dryRun && wait.duration > .zero {
            throw ValidationError("--wait cannot be combined with --dry-run: a dry run takes no lock")
        }
        if verbose && quiet { throw ValidationError("--verbose and --quiet cannot be combined") }
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
        // A slow reader of standard error must not delay a brand, so another queue writes.
        let queue = DispatchQueue(label: "standard-error")
        let showsProgress = isWatched && !dryRun && Console.standardError.takesControls
        let progress = showsProgress ? ProgressLine(on: queue) : nil
        let stop = Cancellation()
        let signals = StopSignals(stop)
        let reporting = RunReporting(stop: stop)
        var report = RotationCommand(
            request, runID: log.runID, context: RunContext(observe: observer(log, queue, progress)), stop: stop,
            destinations: destinations, reporting: reporting
        ).report()
        progress?.end()
        // After a signal, time is short: the run reports locally before it reports to other hosts.
        let isHurried = stop.isBySignal
        if !dryRun && !isHurried { report.warnings += reporting.deliver(report) }
        // Wait until all lines are written.
        queue.sync {}
        say(report, isWatched: isWatched, log)
        if !dryRun && isHurried {
            for problem in reporting.deliver(report) where !quiet { log.write(.warning, problem) }
        }
        withExtendedLifetime(signals) {}
        throw ExitCode(report.exitStatus)
    }

    /// Writes the report to the two streams.
    private func say(_ report: RunReport, isWatched: Bool, _ log: RunLog) {
        var lost: String?
        if output.isJSON { lost = Console.standardOutput.write { report.writeJSON(to: $0) } }
        if dryRun && !output.isJSON && report.head.problems.isEmpty {
            let console = Console.standardOutput
            lost = console.write(report.table(width: console.width, isColoured: output.isColoured(on: console)))
        } else if isWatched && report.head.problems.isEmpty {
            let console = Console.standardError
            console.write(report.table(width: console.width, isColoured: output.isColoured(on: console)))
        } else {
            log.write(report, withWarnings: !quiet)
        }
        // This does not change the exit status of the run.
        if let lost { log.write(.warning, "standard output: \(lost)") }
    }

    /// Receives the events of the run. Nil if nothing is shown during the run.
    private func observer(
        _ log: RunLog, _ queue: DispatchQueue, _ progress: ProgressLine?
    ) -> (@Sendable (RunEvent) -> Void)? {
        guard verbose || progress != nil else { return nil }
        return { [verbose] event in
            progress?.note(event)
            guard verbose, case .responded(let attempt) = event else { return }
            queue.async { @Sendable in
                progress?.clearLine()
                log.write(attempt)
            }
        }
    }
}

/// A duration in the format of the configuration: `90s`, `5m`, `1h30m`.
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
