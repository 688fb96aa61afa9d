// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model
internal import TokenRotation

/// Requests that tell others of a run. They never change how it ends.
final class Delivery: Sendable {
    /// What a try may take (healthchecks.io's own advice is three tries and a short limit).
    private static let tryTimeout = Duration.seconds(5)

    private let transfers: Transfers
    /// What was sent without waiting and has no answer yet.
    private let started = DispatchGroup()

    /// - Parameter plain: over http, without TLS and proxy.
    init(_ destinations: ReportDestinations, plain: Bool) throws(CurlError) {
        var options = TransferOptions(userAgent: ProgramVersion.userAgent)
        options.connectTimeout = Self.tryTimeout
        options.requestTimeout = Self.tryTimeout
        options.allowsPlainHTTP = plain
        options.tls = TrustStore(file: destinations.tls.caFile, directory: destinations.tls.caDirectory)
        options.proxy = destinations.proxy
        transfers = try Transfers(options: options)
    }

    /// Sends and does not wait.
    func start(_ request: HTTPRequest) {
        started.enter()
        transfers.submit(makeRequest: { request }, completion: { [started] _ in started.leave() })
    }

    /// Sends, after what was started has ended, until an answer says that it was taken or the tries are used up.
    /// - Returns: why it was not taken, without any part of the URL; nil where it was.
    func send(_ request: HTTPRequest, tries: Int) -> String? {
        started.wait()
        var problem: String?
        for _ in 0..<tries {
            switch transfers.result(of: request) {
            case .success(let reply) where (200..<300).contains(reply.status): return nil
            case .success(let reply):
                problem = "the answer had status \(reply.status)"
                // What the receiver refuses it will refuse again.
                if (400..<500).contains(reply.status), reply.status != 408, reply.status != 429 { return problem }
            case .failure(let error):
                problem = Self.words(error)
                if error.kind == .cancelled { return problem }
            }
        }
        return problem
    }

    func cancel() { transfers.cancel() }

    /// libcurl's own sentences may name the host.
    private static func words(_ error: CurlError) -> String {
        switch error.kind {
        case .hostNotResolved, .proxyNotResolved: "its host cannot be resolved"
        case .notConnected: "it cannot be connected to"
        case .timedOut: "it did not answer in time"
        case .noAnswer, .answerCut, .answerMalformed, .answerGarbled, .answerTooLarge, .http2:
            "it gave no usable answer"
        case .tlsHandshake, .tlsRefused: "no TLS connection came about"
        case .peerNotTrusted: "its certificate is not trusted"
        case .trustStoreUnusable: "the trusted certificates cannot be read"
        case .proxyRefused, .proxyNeedsAuthentication: "the proxy refused"
        case .cancelled: "the run was stopped"
        case .requestInvalid, .internal: "it cannot be requested"
        }
    }
}
