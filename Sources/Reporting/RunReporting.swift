// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import DurableFiles
package import Model
internal import Synchronization
package import TokenRotation

/// Tells those whom the configuration names how a run goes. Nothing here changes its exit status: who cannot be told
/// is a warning of the report.
///
/// A stopped run has little time left: what is not delivered by then is given up.
package final class RunReporting: RunAudience {
    private let stop: StopRequest
    /// What files may take, and after a signal, in milliseconds: mostly a few.
    private static let patience: Duration = .seconds(10)
    private static let patienceAfterSignal = 200
    private let ping = Mutex<Ping?>(nil)
    /// What the metrics file said before this run.
    private let earlier = Mutex<EarlierMetrics?>(nil)

    package init(stop: StopRequest) {
        self.stop = stop
    }

    package func runBegan(_ report: RunReport, secrets: SecretReader) {
        guard let destination = report.destinations.ping, report.isPinged else { return }
        let ping = Ping(destination, of: report.destinations, secrets: secrets, stop: stop)
        ping.start(runID: report.runID)
        self.ping.withLock { $0 = ping }
    }

    package func runEnded(_ report: RunReport) -> [String] {
        guard report.destinations.metricsFile != nil || report.destinations.terminationMessage != nil else { return [] }
        // A disk that hangs must not cost a run its report.
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
                    path: path, keepsBrands: report.coverage != .whole || report.outcomes.contains(where: \.isHidden))
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

    /// Tells those of an ended run who are reached over the network, after its lock is gone.
    /// - Returns: who could not be told and why, one sentence each.
    package func tell(_ report: RunReport) -> [String] {
        let destinations = report.destinations
        var problems: [String] = []
        // Side by side: one that hangs must not cost the other its time.
        let ping = report.isPinged ? destinations.ping.map { found($0, of: destinations) } : nil
        if let ping {
            bound(ping.cancel)
            ping.end(report)
        }
        if let url = destinations.pushgateway, report.isMeasured {
            do throws(ReportingProblem) {
                let earlier = self.earlier.withLock { $0 }
                let knowsAll = report.coverage == .whole || report.shard != nil || earlier != nil
                let text = MetricsText.render(
                    report, earlier: earlier, for: .gateway(withBrands: knowsAll && report.coverage != .nothing))
                let gateway = try Pushgateway(url, of: destinations, shard: report.shard)
                bound(gateway.cancel)
                try gateway.push(text)
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

    /// That of the run's begin; a run that never began has its secret still where it was.
    private func found(_ destination: PingDestination, of destinations: ReportDestinations) -> Ping {
        ping.withLock { $0 }
            ?? Ping(destination, of: destinations, secrets: SecretReader(for: [destination.url]), stop: stop)
    }

    private func problem(_ key: String, _ body: () throws(FileError) -> Void) -> [String] {
        do throws(FileError) {
            try body()
            return []
        } catch {
            return ["\(key): \(error)"]
        }
    }

    /// Ends what is under way when a signal comes, or what is left after one is used up.
    private func bound(_ cancel: @escaping @Sendable () -> Void) {
        guard let left = stop.timeLeftToTell else { return stop.onSignal(cancel) }
        DispatchQueue(label: "reporting-timer").asyncAfter(
            deadline: .now() + .milliseconds(Int(left.wholeMilliseconds))
        ) { @Sendable in cancel() }
    }
}

extension RunReport {
    /// Whether it has anything to say that the figures of runs and brands should have.
    fileprivate var isMeasured: Bool { speaksForAll || coverage != .nothing }

    /// Whether a check that waits for the scheduler's runs hears of it.
    fileprivate var isPinged: Bool { speaksForAll && !isOutranked }
}
