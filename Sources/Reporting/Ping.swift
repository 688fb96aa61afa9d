// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model
internal import Synchronization

/// A dead man's switch as at healthchecks.io: `URL/start`, then `URL` for success or `URL/STATUS`, paired by `rid`. The
/// URL is a secret and appears in no message.
///
/// All work runs on its own queue, because the URL's source, a command or a disk, may be slow.
final class Ping: Sendable {
    private static let tries = 3
    /// How long to wait at a run's end for started work, including the slowest command for the URL.
    private static let patience = Duration.seconds(60)

    /// The URL and the connection to it.
    private struct Line: Sendable {
        let url: String
        let delivery: Delivery
    }

    private struct State: Sendable {
        var line: Result<Line, ReportingProblem>?
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

    /// Reports the start of a run, without waiting.
    func start(runID: String) {
        queue.async { @Sendable [self] in
            guard case .success(let line) = line() else { return }
            line.delivery.start(request(line, "/start", runID: runID, body: ""))
        }
    }

    /// Reports the result of a run, after the start was reported. It does not wait; ``problem()`` does.
    func end(_ report: RunReport) {
        let path = report.exitStatus == .success ? "" : "/\(report.exitStatus.rawValue)"
        let body = destination.sendsSummary ? RunSummary.json(report) : ""
        let runID = report.runID
        queue.async { @Sendable [self] in
            let problem: ReportingProblem?
            switch line() {
            case .success(let line):
                problem = line.delivery.send(request(line, path, runID: runID, body: body), tries: Self.tries)
                    .map { ReportingProblem("report.ping: \($0)") }
            case .failure(let failure): problem = failure
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
        defer { ended.signal() }
        let line = state.withLock { state in
            state.isCancelled = true
            return state.line
        }
        if case .success(let line) = line { line.delivery.cancel() }
    }

    /// The connection to the receiver, made on the queue at first use.
    private func line() -> Result<Line, ReportingProblem> {
        if let line = state.withLock({ $0.line }) { return line }
        let result: Result<Line, ReportingProblem>
        do throws(ReportingProblem) {
            result = .success(try makeLine())
        } catch {
            result = .failure(error)
        }
        let isCancelled = state.withLock { state in
            state.line = result
            return state.isCancelled
        }
        // It was cancelled while the connection was made.
        if isCancelled, case .success(let line) = result { line.delivery.cancel() }
        return result
    }

    /// Reads the URL from its source, which may take as long as a command may.
    /// - Throws: why there can be no ping, for people.
    private func makeLine() throws(ReportingProblem) -> Line {
        let secret: Secret
        do throws(BrandFailure) {
            secret = try self.secret(
                destination.url, { self.state.withLock { $0.isCancelled } || self.stop.isBySignal },
                { warning in self.state.withLock { $0.warnings.append("report.ping: \(warning)") } })
        } catch {
            throw ReportingProblem("report.ping: \(error.message)")
        }
        guard let url = secret.revealed.flatMap(ReportURL.ping) else {
            throw ReportingProblem("report.ping: its source does not contain an https:// URL without a query")
        }
        do throws(CurlError) {
            return Line(url: url, delivery: try Delivery(destinations, plain: ReportURL.isPlain(url)))
        } catch {
            throw ReportingProblem("report.ping: libcurl cannot be used: \(error.message)")
        }
    }

    private func request(_ line: Line, _ path: String, runID: String, body: String) -> HTTPRequest {
        HTTPRequest(
            url: "\(line.url)\(path)?rid=\(runID)", headers: [("Content-Type", "application/json")],
            body: Array(body.utf8))
    }
}

/// Why a report could not be delivered.
struct ReportingProblem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
