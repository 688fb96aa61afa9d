// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model
internal import Synchronization
internal import TokenRotation

/// A dead man's switch in the manner of healthchecks.io: `URL/start`, then `URL` for success or `URL/STATUS`, paired
/// by `rid`. Its URL is a secret and stands in no message.
///
/// All of it happens on a queue of its own: where the URL comes from, a command or a disk, may take its time.
final class Ping: Sendable {
    private static let tries = 3
    /// How long to wait at a run's end for all that was begun, the longest command for the URL among it.
    private static let patience = Duration.seconds(60)

    /// Where pings go, and how.
    private struct Line: Sendable {
        let url: String
        let delivery: Delivery
    }

    private struct State: Sendable {
        var line: Result<Line, ReportingProblem>?
        var isCancelled = false
        var warnings: [String] = []
        /// Why the last ping did not get through, until it does.
        var problem: ReportingProblem? = ReportingProblem("report.ping: it did not come about in time")
    }

    private let destination: PingDestination
    private let destinations: ReportDestinations
    private let secrets: SecretReader
    private let stop: StopRequest
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "ping")
    /// Signalled when the last ping is through, or nobody waits for it any more.
    private let ended = DispatchSemaphore(value: 0)

    init(_ destination: PingDestination, of destinations: ReportDestinations, secrets: SecretReader, stop: StopRequest)
    {
        self.destination = destination
        self.destinations = destinations
        self.secrets = secrets
        self.stop = stop
    }

    /// What is not as safe as it should be.
    var warnings: [String] { state.withLock { $0.warnings } }

    /// Says that a run begins, and waits for nobody.
    func start(runID: String) {
        queue.async { @Sendable [self] in
            guard case .success(let line) = line() else { return }
            line.delivery.start(request(line, "/start", runID: runID, body: ""))
        }
    }

    /// Says how the run ended, after all that was begun. Waits for nobody: ``problem()`` does.
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
    /// - Returns: why it did not get through; nil where it did.
    func problem() -> ReportingProblem? {
        if ended.wait(timeout: .now() + .milliseconds(Int(Self.patience.wholeMilliseconds))) == .timedOut { cancel() }
        return state.withLock { $0.problem }
    }

    /// Ends what is under way, and the wait for it: a disk that hangs hears of no stop.
    func cancel() {
        defer { ended.signal() }
        let line = state.withLock { state in
            state.isCancelled = true
            return state.line
        }
        if case .success(let line) = line { line.delivery.cancel() }
    }

    /// The way to the receiver, made when it is first asked for, on the queue.
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
        // The order to cancel came too early for it.
        if isCancelled, case .success(let line) = result { line.delivery.cancel() }
        return result
    }

    /// Reads the URL from where it comes from, which may take as long as a command may.
    /// - Throws: in words for people, why there can be no ping.
    private func makeLine() throws(ReportingProblem) -> Line {
        let secret: Secret
        do throws(BrandFailure) {
            secret = try secrets.secret(
                from: destination.url,
                isCancelled: { self.state.withLock { $0.isCancelled } || self.stop.isBySignal },
                expose: { exposed in
                    self.state.withLock { $0.warnings.append("report.ping: \(SecretReader.warning(of: exposed))") }
                })
        } catch {
            throw ReportingProblem("report.ping: \(error.message)")
        }
        guard let url = secret.revealed.flatMap(ReportURL.ping) else {
            throw ReportingProblem("report.ping: what its source holds is no https:// URL without a query")
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

/// Somebody could not be told of a run.
struct ReportingProblem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
