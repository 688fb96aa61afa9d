// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model

/// Requests that report a run. They never change its exit status.
final class Delivery: Sendable {
    /// The time limit of one attempt (healthchecks.io recommends three attempts and a short limit).
    private static let tryTimeout = Duration.seconds(5)

    private let http: HTTPClient
    /// Requests that were started without waiting and have no response yet.
    private let started = DispatchGroup()

    /// - Parameter plain: whether to use HTTP, without TLS.
    init(_ destinations: ReportDestinations, plain: Bool) throws(CurlError) {
        var options = HTTPOptions(userAgent: ProgramVersion.userAgent)
        options.connectTimeout = Self.tryTimeout
        options.requestTimeout = Self.tryTimeout
        options.allowsPlainHTTP = plain
        options.tls = TrustStore(file: destinations.tls.caFile, directory: destinations.tls.caDirectory)
        options.proxy = destinations.proxy
        http = try HTTPClient(options: options)
    }

    /// Sends a request without waiting.
    func start(_ request: HTTPRequest) {
        started.enter()
        http.submit(makeRequest: { request }, completion: { [started] _ in started.leave() })
    }

    /// Sends a request after the started ones have ended, until it is accepted or the attempts are used up.
    /// - Returns: why it was not accepted, without any part of the URL; nil if it was.
    func send(_ request: HTTPRequest, tries: Int) -> String? {
        started.wait()
        var problem: String?
        for _ in 0..<tries {
            switch http.result(of: request) {
            case .success(let reply) where (200..<300).contains(reply.status): return nil
            case .success(let reply):
                problem = "the response had status \(reply.status)"
                // A rejected request would be rejected again.
                if (400..<500).contains(reply.status), reply.status != 408, reply.status != 429 { return problem }
            case .failure(let error):
                problem = Self.words(error)
                if error.kind == .cancelled { return problem }
            }
        }
        return problem
    }

    func cancel() { http.cancel() }

    /// libcurl's messages may contain the host, so they are not used.
    private static func words(_ error: CurlError) -> String {
        switch error.kind {
        case .hostNotResolved, .proxyNotResolved: "its host cannot be resolved"
        case .notConnected: "no connection to it could be made"
        case .timedOut: "it did not respond in time"
        case .noAnswer, .truncatedResponse, .answerMalformed, .answerGarbled, .answerTooLarge, .http2:
            "it sent no usable response"
        case .tlsHandshake, .tlsRefused: "no TLS connection could be made"
        case .peerNotTrusted: "its certificate is not trusted"
        case .trustStoreUnusable: "the trusted certificates cannot be read"
        case .proxyRefused, .proxyNeedsAuthentication: "the proxy refused"
        case .cancelled: "the run was stopped"
        case .requestInvalid, .internal: "the request could not be sent"
        }
    }
}
