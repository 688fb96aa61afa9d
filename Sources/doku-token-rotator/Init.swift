// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Model
internal import Settings
internal import Setup

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a first configuration for a scheduler, and the directory of its secrets.",
        discussion: """
            Writes config.yaml with one brand to replace, and the directory `secrets`, with the modes and paths that \
            the shipped units, table or manifests expect. For cron also a crontab, for Kubernetes also a \
            kustomization.yaml. Asks nothing, overwrites nothing, and prints the next commands. Exits with 0, with 64 \
            if the command line is wrong, and with 78 if something cannot be created.
            """)

    @Argument(
        help: """
            Where to write (default: /etc/doku-token-rotator; for other users than root doku-token-rotator in \
            $XDG_CONFIG_HOME or ~/.config). For systemd, ROOT/etc/doku-token-rotator prepares an image.
            """,
        completion: .directory)
    var directory: String?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "What starts the runs: systemd, cron or kubernetes (default: systemd for root if it runs, else cron).",
            valueName: "systemd|cron|kubernetes"))
    var scheduler: Scheduler?

    @Option(
        help: ArgumentHelp(
            """
            How often runs start, 3m to 4h, for run_every and the scheduler: the timer's drop-in, the crontab or the \
            CronJob (default: 15m, as shipped).
            """,
            valueName: "duration"))
    var every: DurationArgument?

    func run() throws {
        let plan: SetupPlan
        do throws(SetupProblem) {
            let host = SetupHost.current
            plan = try SetupPlan(
                scheduler ?? host.usualScheduler, in: directory ?? ConfigurationOption.location.directory,
                every: every.map { given throws(SetupProblem) in try RunInterval(given.duration) }, on: host)
            try plan.write()
        } catch {
            Console.complain(error.message)
            throw ExitCode(error.status)
        }
        try Console.deliver(plan.report)
    }
}

extension Scheduler: ExpressibleByArgument {}
