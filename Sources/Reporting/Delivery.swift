// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model

/// Requests to one receiver that report a run. They never change its exit status.
final class Delivery: Sendable {
    /// The time limit of one attempt (healthchecks.io recommends three attempts and a short limit).
    private static let attemptTimeout = Duration.seconds(5)

    /// The receiver's key in the configuration, for messages.
    private let key: String
    private let url: String
    private let http: HTTPClient
    private let cancelled = DispatchSemaphore(value: 0)

    init(_ key: String, to url: String, of destinations: ReportDestinations) throws(ReportingProblem) {
        self.key = key
        self.url = url
        var options = HTTPOptions(userAgent: ProgramVersion.userAgent)
        options.connectTimeout = Self.attemptTimeout
        options.requestTimeout = Self.attemptTimeout
        options.allowsPlainHTTP = ReportURL.isPlain(url)
        options.tls = TrustStore(file: destinations.tls.caFile, directory: destinations.tls.caDirectory)
        options.proxy = destinations.proxy
        do throws(CurlError) {
            http = try HTTPClient(options: options)
        } catch {
            throw ReportingProblem("\(key): libcurl cannot be used: \(error.message)")
        }
    }

    /// Sends a request until it is accepted or the attempts are used up.
    /// - Parameter suffix: the end of the URL.
    /// - Throws: why it was not accepted, without any part of the URL.
    func send(_ suffix: String = "", contentType: String, body: String, attempts: Int) throws(ReportingProblem) {
        let policy = RetryPolicy(attempts: attempts)
        let request = HTTPRequest(url: url + suffix, headers: [("Content-Type", contentType)], body: Array(body.utf8))
        var attempt = 1
        while let (problem, advice) = Self.failure(http.result(of: request)) {
            guard
                let next = policy.next(
                    after: attempt, advice: advice, remaining: Self.attemptTimeout, random: .random(in: 0..<1)),
                cancelled.wait(timeout: .now() + .milliseconds(Int(next.wait.wholeMilliseconds))) == .timedOut
            else { throw ReportingProblem("\(key): \(problem)") }
            attempt += 1
        }
    }

    func cancel() {
        http.cancel()
        cancelled.signal()
    }

    /// Why a request was not accepted; nil if it was.
    private static func failure(
        _ result: Result<HTTPResponse, CurlError>
    ) -> (problem: String, advice: RetryDecision)? {
        switch result {
        case .success(let response):
            if (200..<300).contains(response.status) { return nil }
            // A rejected request would be rejected again.
            let isRejected = (400..<500).contains(response.status) && ![408, 429].contains(response.status)
            return ("the response had status \(response.status)", isRejected ? .never : .transient(.same, after: nil))
        case .failure(let error):
            return (words(error), error.kind == .cancelled ? .never : .transient(.same, after: nil))
        }
    }

    /// libcurl's messages may contain the host, so they are not used.
    private static func words(_ error: CurlError) -> String {
        switch error.kind {
        case .hostNotResolved, .proxyNotResolved: "its host cannot be resolved"
        case .notConnected: "no connection to it could be made"
        case .timedOut: "it did not respond in time"
        case .noResponse, .truncatedResponse, .responseMalformed, .responseGarbled, .responseTooLarge, .http2:
            "it sent no usable response"
        case .tlsHandshake, .tlsRefused: "no TLS connection could be made"
        case .peerNotTrusted: "its certificate is not trusted"
        case .trustStoreUnusable: "the trusted certificates cannot be read"
        case .proxyNotConnected: "no connection to the proxy could be made"
        case .proxyRefused, .proxyNeedsAuthentication: "the proxy refused"
        case .cancelled: "the run was stopped"
        case .requestInvalid, .internal: "the request could not be sent"
        }
    }
}

/// Why a report could not be delivered.
struct ReportingProblem: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
