// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Model
internal import Synchronization

/// A dead man's switch as at healthchecks.io: `URL/start`, then `URL` for success or `URL/STATUS`, paired by `rid`. The
/// URL is a secret and appears in no message.
///
/// All work runs on its own queue, because the URL's source, a command or a disk, may be slow.
final class Ping: Sendable {
    private static let contentType = "application/json"
    /// How long to wait at a run's end for started work, including the slowest command for the URL.
    private static let patience = Duration.seconds(60)

    private struct State: Sendable {
        var delivery: Result<Delivery, ReportingProblem>?
        var isCancelled = false
        var warnings: [String] = []
        /// Why the last ping failed; nil once it succeeded.
        var problem: ReportingProblem? = ReportingProblem("report.ping: it was not sent in time")
    }

    private let destination: PingDestination
    private let destinations: ReportDestinations
    private let secret: RunReporting.SecretSupply
    private let stop: Cancellation
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "ping")
    /// Signalled when the last ping has ended or was cancelled.
    private let ended = DispatchSemaphore(value: 0)

    init(
        _ destination: PingDestination, of destinations: ReportDestinations,
        secret: @escaping RunReporting.SecretSupply, stop: Cancellation
    ) {
        self.destination = destination
        self.destinations = destinations
        self.secret = secret
        self.stop = stop
    }

    /// What is less safe than it should be.
    var warnings: [String] { state.withLock { $0.warnings } }

    /// Reports the start of a run. It does not wait.
    func start(runID: String) {
        queue.async { @Sendable [self] in
            try? delivery().send("/start?rid=\(runID)", contentType: Self.contentType, body: "", attempts: 1)
        }
    }

    /// Reports the result of a run, after the start was reported. It does not wait; ``problem()`` does.
    func end(_ report: RunReport) {
        let path = report.exitStatus == .success ? "" : "/\(report.exitStatus.rawValue)"
        let suffix = "\(path)?rid=\(report.runID)"
        let body = destination.sendsSummary ? RunSummary.json(report) : ""
        queue.async { @Sendable [self] in
            let problem: ReportingProblem?
            do throws(ReportingProblem) {
                try delivery().send(suffix, contentType: Self.contentType, body: body, attempts: 3)
                problem = nil
            } catch {
                problem = error
            }
            state.withLock { $0.problem = problem }
            ended.signal()
        }
    }

    /// Waits for the last ping.
    /// - Returns: why it failed; nil if it succeeded.
    func problem() -> ReportingProblem? {
        if ended.wait(timeout: .now() + .milliseconds(Int(Self.patience.wholeMilliseconds))) == .timedOut { cancel() }
        return state.withLock { $0.problem }
    }

    /// Cancels requests in flight, and the wait for them: a disk that hangs cannot be cancelled.
    func cancel() {
        let delivery = state.withLock { state in
            state.isCancelled = true
            return state.delivery
        }
        try? delivery?.get().cancel()
        ended.signal()
    }

    /// The connection to the receiver, made on the queue at first use.
    private func delivery() throws(ReportingProblem) -> Delivery {
        if let known = state.withLock({ $0.delivery }) { return try known.get() }
        let result: Result<Delivery, ReportingProblem>
        do throws(ReportingProblem) {
            result = .success(try makeDelivery())
        } catch {
            result = .failure(error)
        }
        let isCancelled = state.withLock { state in
            state.delivery = result
            return state.isCancelled
        }
        // It was cancelled while the connection was made.
        if isCancelled { try? result.get().cancel() }
        return try result.get()
    }

    /// Reads the URL from its source, which may take as long as a command may.
    /// - Throws: why there can be no ping, for people.
    private func makeDelivery() throws(ReportingProblem) -> Delivery {
        let secret: Secret
        do throws(BrandFailure) {
            secret = try self.secret(
                destination.url, { self.state.withLock { $0.isCancelled } || self.stop.isBySignal },
                { warning in self.state.withLock { $0.warnings.append("report.ping: \(warning)") } })
        } catch {
            throw ReportingProblem("report.ping: \(error.message)")
        }
        guard let url = secret.revealed.flatMap({ try? ReportURL.ping($0) }) else {
            throw ReportingProblem("report.ping: its source does not contain an https:// URL without a query")
        }
        return try Delivery("report.ping", to: url, of: destinations)
    }
}
