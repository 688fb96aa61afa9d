// SPDX-License-Identifier: Apache-2.0
// The module Reporting: the report of a run, and its delivery to the configured receivers.

internal import Dispatch
internal import DurableFiles
package import Model
internal import Synchronization

/// Reports a run to the configured receivers. Nothing here changes the exit status; a failed delivery is a warning.
///
/// A stopped run has little time left. What is not delivered in that time is dropped.
package final class RunReporting: Sendable {
    /// Fetches a secret.
    /// - Parameter warn: takes a sentence about a secret that is not as safe as it should be.
    package typealias SecretSupply =
        @Sendable (_ source: SecretSource, _ isCancelled: () -> Bool, _ warn: (String) -> Void) throws(BrandFailure) ->
        Secret

    private let stop: Cancellation
    private let lateSecret: @Sendable (SecretSource) -> SecretSupply
    /// The time limit for files; after a signal in milliseconds. They usually take a few milliseconds.
    private static let patience: Duration = .seconds(10)
    private static let patienceAfterSignal = 200
    private let ping = Mutex<Ping?>(nil)
    /// The contents of the metrics file before this run.
    private let earlier = Mutex<EarlierMetrics?>(nil)

    /// - Parameter lateSecret: for a run that never began: takes the ping's URL out of the environment, if it is there.
    package init(stop: Cancellation, lateSecret: @escaping @Sendable (SecretSource) -> SecretSupply) {
        self.stop = stop
        self.lateSecret = lateSecret
    }

    /// Reports that a run has the lock and begins its work, without waiting.
    /// - Parameters:
    ///   - report: what is known so far.
    ///   - secret: fetches the ping's URL; it has what the environment had.
    package func runBegan(_ report: RunReport, secret: @escaping SecretSupply) {
        guard let destination = report.destinations.ping, report.isPinged else { return }
        let ping = Ping(destination, of: report.destinations, secret: secret, stop: stop)
        ping.start(runID: report.runID)
        self.ping.withLock { $0 = ping }
    }

    /// Writes the report's files. The run still has its lock, if it had one, because the next run reads them.
    /// - Returns: what could not be written and why, one sentence each.
    package func runEnded(_ report: RunReport) -> [String] {
        guard report.destinations.metricsFile != nil || report.destinations.terminationMessage != nil else { return [] }
        // A disk that hangs must not keep a run from reporting.
        return stop.result(within: Self.patience, afterSignal: Self.patienceAfterSignal) { [self] in
            writeFiles(report)
        } ?? ["report: its files were not written in time"]
    }

    private func writeFiles(_ report: RunReport) -> [String] {
        let destinations = report.destinations
        var problems: [String] = []
        if let path = destinations.metricsFile, report.isMeasured {
            problems += problem("report.metrics_file") { () throws(FileError) in
                let file = try MetricsFile(
                    path: path,
                    keepsBrands: report.coverage != .whole || report.outcomes.contains(where: \.hasUnreadableOutputs))
                earlier.withLock { $0 = file.earlier }
                try file.write(MetricsText.render(report, earlier: file.earlier))
            }
        }
        if let path = destinations.terminationMessage {
            problems += problem("report.termination_message") { () throws(FileError) in
                try OverwrittenFile.write(Array(RunSummary.json(report).utf8), to: path) {
                    $0.starts(with: RunSummary.beginning.utf8)
                }
            }
        }
        return problems
    }

    /// Reports to the receivers on the network, after the run has released its lock.
    /// - Returns: what could not be delivered and why, one sentence each.
    package func deliver(_ report: RunReport) -> [String] {
        let destinations = report.destinations
        var problems: [String] = []
        // Concurrently, because a slow receiver must not take the other one's time.
        let ping = report.isPinged ? destinations.ping.map { found($0, of: destinations) } : nil
        if let ping {
            bound(ping.cancel)
            ping.end(report)
        }
        if let url = destinations.pushgateway, report.isMeasured {
            do throws(ReportingProblem) {
                try push(report, to: url)
            } catch {
                problems.append(error.message)
            }
        }
        if let ping {
            if let problem = ping.problem() { problems.append(problem.message) }
            problems += ping.warnings
        }
        return problems
    }

    /// Pushes the metrics to a Prometheus Pushgateway, for hosts without a collector.
    ///
    /// A POST replaces the metrics that it names and keeps the others of the group. So the last success stays after a
    /// failed run, and metrics of brands stay if a run did not examine all brands.
    private func push(_ report: RunReport, to url: String) throws(ReportingProblem) {
        let earlier = self.earlier.withLock { $0 }
        let knowsAll = report.coverage == .whole || report.head.shard != nil || earlier != nil
        let text = MetricsText.render(
            report, earlier: earlier, for: .gateway(withBrands: knowsAll && report.coverage != .nothing))
        // The shards of one configuration have different brands, so each has its own group.
        let group = url + (report.head.shard.map { "/shard/\($0.index)" } ?? "")
        let delivery = try Delivery("report.pushgateway", to: group, of: report.destinations)
        bound(delivery.cancel)
        try delivery.send(contentType: "text/plain; version=0.0.4", body: text, attempts: 2)
    }

    /// The ping of the run's start. A run that did not start has not read the URL yet.
    private func found(_ destination: PingDestination, of destinations: ReportDestinations) -> Ping {
        ping.withLock { $0 }
            ?? Ping(destination, of: destinations, secret: lateSecret(destination.url), stop: stop)
    }

    private func problem(_ key: String, _ body: () throws(FileError) -> Void) -> [String] {
        do throws(FileError) {
            try body()
            return []
        } catch {
            return ["\(key): \(error)"]
        }
    }

    /// Cancels requests in flight after a signal, or when the time after one is used up.
    private func bound(_ cancel: @escaping @Sendable () -> Void) {
        guard let left = stop.remainingReportingTime else { return stop.onSignal(cancel) }
        DispatchQueue(label: "reporting-timer").asyncAfter(
            deadline: .now() + .milliseconds(Int(left.wholeMilliseconds))
        ) { @Sendable in cancel() }
    }
}

extension RunReport {
    /// Whether it has any metrics of runs or brands.
    fileprivate var isMeasured: Bool { coversAllBrands || coverage != .nothing }

    /// Whether it is reported to a check that waits for the scheduler's runs.
    fileprivate var isPinged: Bool { coversAllBrands && !lostLock }
}
