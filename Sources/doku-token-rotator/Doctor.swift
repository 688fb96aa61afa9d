// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Doctor
internal import Model

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this host has everything that a run needs.",
        discussion: """
            Checks the configuration, the lock, the connection to the endpoint (one HEAD request without Client-Id and \
            signature), the clock, each secret (commands are run), each output, hooks, state_dir and report. For each \
            output, a file is created in its directory and removed. A Kubernetes Secret is read, and a write is tried \
            as a dry run. Run it as the same user and in the same environment as the later runs. Exits with 0, or \
            with 78 if a check fails.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var selection: SelectionOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let stop = Cancellation()
        let signals = StopSignals(stop)
        let examination = HostCheckup(
            configurationFile: configuration.path, brands: selection.names, shard: selection.shard, stop: stop,
            destinations: destinations)
        let report: HostReport
        do throws(InvalidSelection) {
            report = try examination.report()
        } catch {
            let head = DocumentHead("doctor", configuration: configuration.path, shard: selection.shard)
            throw output.failure(head, [Problem(error.message)], .usage)
        }
        withExtendedLifetime(signals) {}
        Console.deliver { output.isJSON ? report.writeJSON(to: $0) : $0(report.text) }
        throw ExitCode(report.exitStatus)
    }
}
