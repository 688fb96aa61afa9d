// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
internal import Synchronization
package import TokenRotation

/// Tells those whom the configuration names how a run goes. Nothing here changes its exit status: who cannot be told
/// is a warning of the report.
///
/// A stopped run has little time left: what is not delivered by then is given up.
package final class RunReporting: Sendable {
    private let stop: StopRequest
    private let ping = Mutex<Result<Ping, ReportingProblem>?>(nil)

    package init(stop: StopRequest) {
        self.stop = stop
    }

    /// Says that a run has begun, and does not wait for anybody.
    package func begin(_ destinations: ReportDestinations, runID: String) {
        guard let destination = destinations.ping else { return }
        (try? ping(destination, of: destinations))?.start(runID: runID)
    }

    /// Tells everybody of a run that has ended.
    /// - Returns: who could not be told and why, one sentence each.
    package func tell(_ report: RunReport) -> [String] {
        let destinations = report.destinations
        var problems: [String] = []
        func attempt(_ body: () throws(ReportingProblem) -> Void) {
            do throws(ReportingProblem) { try body() } catch { problems.append(error.message) }
        }
        var earlier: EarlierMetrics?
        if let path = destinations.metricsFile {
            attempt { () throws(ReportingProblem) in earlier = try self.write(report, to: path) }
        }
        if let path = destinations.terminationMessage {
            attempt { () throws(ReportingProblem) in
                try reporting("report.termination_message") { () throws(FileError) in
                    try OverwrittenFile.write(Array(RunSummary.json(report).utf8), to: path) {
                        $0.starts(with: RunSummary.beginning.utf8)
                    }
                }
            }
        }
        if let url = destinations.pushgateway {
            attempt { () throws(ReportingProblem) in
                let gateway = try Pushgateway(url, of: destinations, shard: report.shard)
                let knowsAll = report.coverage == .whole || report.shard != nil || earlier != nil
                let text = MetricsText.render(
                    report, earlier: earlier, withBrands: knowsAll && report.coverage != .nothing)
                bound(gateway.cancel)
                try gateway.push(text)
            }
        }
        // The run that holds the lock speaks for both.
        if let destination = destinations.ping, report.exitStatus != .lockHeld {
            attempt { () throws(ReportingProblem) in
                let ping = try self.ping(destination, of: destinations)
                bound(ping.cancel)
                try ping.end(report)
            }
        }
        return problems
    }

    private func write(_ report: RunReport, to path: String) throws(ReportingProblem) -> EarlierMetrics? {
        try reporting("report.metrics_file") { () throws(FileError) in
            let file = try MetricsFile(path: path, keepsBrands: report.coverage != .whole)
            if report.coverage != .nothing { file.sweep() }
            try file.write(MetricsText.render(report, earlier: file.earlier))
            return file.earlier
        }
    }

    private func reporting<Result>(
        _ key: String, _ body: () throws(FileError) -> Result
    ) throws(ReportingProblem) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            throw ReportingProblem("\(key): \(error)")
        }
    }

    /// Made once: a secret in the environment can be taken out only once.
    private func ping(
        _ destination: PingDestination, of destinations: ReportDestinations
    ) throws(ReportingProblem) -> Ping {
        try ping.withLock { made in
            if let made { return made }
            let result: Result<Ping, ReportingProblem>
            do throws(ReportingProblem) {
                result = .success(try Ping(destination, of: destinations))
            } catch {
                result = .failure(error)
            }
            made = result
            return result
        }.get()
    }

    /// Ends what is under way when a stop comes, or what is left after one is used up.
    private func bound(_ cancel: @escaping @Sendable () -> Void) {
        guard let left = stop.timeLeftToTell else { return stop.onStop(cancel) }
        DispatchQueue(label: "reporting-timer").asyncAfter(
            deadline: .now() + .milliseconds(Int(left.wholeMilliseconds))
        ) { @Sendable in cancel() }
    }
}
