// SPDX-License-Identifier: Apache-2.0

internal import Model

/// How often a scheduler starts runs: a part of an hour or of a day that timers, cron and a CronJob can all express.
package struct RunInterval: Sendable, Equatable {
    /// The interval of the shipped timer, table and CronJob.
    package static let shipped = RunInterval(minutes: 15)

    /// Each divides an hour or a day. A run may take 2 minutes, and a token of 6 hours must outlive the next run.
    package static let all = [3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240].map(RunInterval.init(minutes:))

    package let minutes: Int

    private init(minutes: Int) {
        self.minutes = minutes
    }

    /// - Throws: ``SetupProblem`` if no scheduler can keep to the interval, or runs could not.
    package init(_ duration: Duration) throws(SetupProblem) {
        if let exact = Self.all.first(where: { $0.duration == duration }) {
            self = exact
            return
        }
        let value = "--every \(DurationText.render(duration))"
        guard let next = Self.all.first(where: { $0.duration > duration }) else {
            throw SetupProblem(
                .usage,
                "\(value) is too long: a token that is valid for 6h must outlive the next run; use at most 4h")
        }
        guard let previous = Self.all.last(where: { $0.duration < duration }) else {
            throw SetupProblem(
                .usage, "\(value) is too short: a run may take 2m, its deadline; use at least 3m")
        }
        throw SetupProblem(
            .usage,
            "\(value) does not divide an hour or a day, so no scheduler can keep to it; "
                + "use \(previous.text) or \(next.text)")
    }

    package var duration: Duration { .seconds(60 * minutes) }

    /// As `run_every` says it.
    package var text: String { DurationText.render(duration) }

    /// The five fields of crontab(5), which a CronJob takes too.
    package var cron: String { minutes < 60 ? "*/\(minutes) * * * *" : "0 */\(minutes / 60) * * *" }

    /// For `OnCalendar=` (systemd.time(7)).
    package var calendar: String { minutes < 60 ? "*:0/\(minutes)" : "0/\(minutes / 60):00" }

    /// Seconds for all tries of one Kubernetes job: shorter than the interval, longer than a run.
    var jobSeconds: Int { max(minutes * 60 - 120, 150) }
}
