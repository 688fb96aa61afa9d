// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import DurableFiles
internal import TokenRotation

/// A dead man's switch in the manner of healthchecks.io: `URL/start`, then `URL` for success or `URL/STATUS`, paired
/// by `rid`. Its URL is a secret and stands in no message.
final class Ping: Sendable {
    private static let tries = 3

    private let destination: PingDestination
    private let url: String
    private let delivery: Delivery

    /// Reads the URL from where it comes from, which may take as long as a command may.
    /// - Throws: in words for people, why there can be no ping.
    init(_ destination: PingDestination, of destinations: ReportDestinations) throws(ReportingProblem) {
        let secret: Secret
        do throws(BrandFailure) {
            secret = try SecretReader(for: [destination.url]).secret(from: destination.url)
        } catch {
            throw ReportingProblem("report.ping: \(error.message)")
        }
        guard let url = secret.revealed.flatMap(ReportURL.ping) else {
            throw ReportingProblem("report.ping: what its source holds is no https:// URL without a query")
        }
        self.destination = destination
        self.url = url
        do throws(CurlError) {
            delivery = try Delivery(destinations, plain: ReportURL.isPlain(url))
        } catch {
            throw ReportingProblem("report.ping: libcurl cannot be used: \(error.message)")
        }
    }

    /// Says that a run begins. Nobody waits for the answer.
    func start(runID: String) {
        delivery.start(request("/start", runID: runID, body: ""))
    }

    /// Says how the run ended.
    func end(_ report: RunReport) throws(ReportingProblem) {
        let path = report.exitStatus == .success ? "" : "/\(report.exitStatus.rawValue)"
        let body = destination.sendsSummary ? RunSummary.json(report) : ""
        if let problem = delivery.send(request(path, runID: report.runID, body: body), tries: Self.tries) {
            throw ReportingProblem("report.ping: \(problem)")
        }
    }

    func cancel() { delivery.cancel() }

    private func request(_ path: String, runID: String, body: String) -> HTTPRequest {
        HTTPRequest(
            url: "\(url)\(path)?rid=\(runID)", headers: [("Content-Type", "application/json")], body: Array(body.utf8))
    }
}

/// Somebody could not be told of a run.
struct ReportingProblem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
