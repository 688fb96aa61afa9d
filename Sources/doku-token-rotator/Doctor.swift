// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Kubernetes
internal import Model
internal import TokenRotation

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Examine this host before any run: what a run needs is there, or what to do about it.",
        discussion: """
            Looks at the configuration, the lock, the way to the endpoint (one HEAD request, with no Client-Id and no \
            signature), the clock, each secret (commands are run), each output (a file is made in its directory and \
            removed again; a Kubernetes Secret is read, and a write to it rehearsed), and what follows a run: hooks, \
            state_dir, report. To be run as the user, and in the environment, of the runs to come. Exits with 0, or with \
            78 where something fails.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("What standard output carries: text or json.", valueName: "text|json"))
    var output = OutputKind.text

    func run() throws {
        let stop = StopRequest()
        let signals = StopSignals(stop)
        let examination = HostExamination(
            configurationFile: configuration.path, brands: selection.names, shard: selection.shard, stop: stop,
            destinations: KubernetesSecrets.destinations)
        let report: HostReport
        do throws(InvalidSelection) {
            report = try examination.report()
        } catch {
            if output == .json { ReportDocument.write(problems: [error.message], status: .usage) }
            Console.complain(error.message)
            throw End(status: .usage)
        }
        withExtendedLifetime(signals) {}
        let lost =
            switch output {
            case .text: Console.standardOutput.write(report.text)
            case .json: ReportDocument.write { report.writeJSON(to: $0) }
            }
        Console.complain(ifLost: lost)
        switch stop.reason {
        case .interrupted: throw End(status: .interrupted)
        case .terminated: throw End(status: .terminated)
        case .deadline, nil: throw End(status: report.exitStatus)
        }
    }
}
