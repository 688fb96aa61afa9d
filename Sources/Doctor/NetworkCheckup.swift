// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import TokenAPI

/// Checks the connection to the endpoint's host with one request: `HEAD /`, without a Client-Id or signature.
struct NetworkCheckup {
    private let configuration: Configuration
    private let stop: Cancellation
    private let proxy: ProxyChoice

    init(_ configuration: Configuration, _ stop: Cancellation) {
        self.configuration = configuration
        self.stop = stop
        proxy = ProxyChoice(configuration)
    }

    private var endpoint: Endpoint { configuration.endpoint }
    private var isPlain: Bool { endpoint.scheme == "http" }

    /// One finding for each stage, in order. Stages before the failed one passed; stages after it were not tried.
    func findings() -> [HostFinding] {
        let store = TrustStoreCheckup(configuration).finding()
        let result = ask()
        let now = Timestamp.now
        var failure: (stage: HostFinding.Check, message: String)?
        if case .failure(let error) = result,
            case .failed(let words, _) = TokenResponse.noResponse(error, host: endpoint.authority, isRun: false)
        {
            failure = (stage(of: error), words.message)
        }
        var findings: [HostFinding] = []
        var isBehind = false
        for stage in [HostFinding.Check.trustStore, .proxy, .nameResolution, .connection, .tls, .clock] {
            let subject = stage == .proxy ? proxy.name : endpoint.authority
            let isStore = stage == .trustStore
            if let failure, failure.stage == stage {
                isBehind = true
                findings.append(
                    isStore && store.result == .fail
                        ? store : HostFinding(stage, subject, .fail, "\(failure.message); \(advice(for: stage))"))
            } else if isStore {
                findings.append(store)
            } else if let failure, isBehind {
                findings.append(
                    HostFinding(stage, subject, .warn, "not tried, since \(failure.stage.name) failed"))
            } else {
                let (verdict, message) = success(stage, try? result.get(), now)
                findings.append(HostFinding(stage, subject, verdict, message))
            }
        }
        return findings
    }

    // MARK: The request

    private func ask() -> Result<HTTPResponse, CurlError> {
        let http: HTTPClient
        do throws(CurlError) {
            http = try HTTPClient(options: HTTPOptions(configuration))
        } catch {
            return .failure(error)
        }
        stop.onStop { http.cancel() }
        let url = "\(endpoint.scheme)://\(endpoint.authority)/"
        return http.result(of: HTTPRequest(method: .head, url: url, headers: [], body: []))
    }

    // MARK: The findings

    private func stage(of error: CurlError) -> HostFinding.Check {
        switch error.kind {
        case .hostNotResolved: .nameResolution
        case .proxyNotResolved, .proxyNotConnected, .proxyRefused, .proxyNeedsAuthentication: .proxy
        // libcurl's message for a name server that does not respond.
        case .timedOut where error.message.hasPrefix("Resolving timed out"): .nameResolution
        case .notConnected where proxy.isUsed: .proxy
        case .notConnected, .timedOut, .noResponse, .truncatedResponse, .responseMalformed, .responseGarbled,
            .responseTooLarge,
            .http2,
            .cancelled,
            .requestInvalid, .internal:
            .connection
        case .tlsHandshake, .tlsRefused, .peerNotTrusted: .tls
        case .trustStoreUnusable: .trustStore
        }
    }

    private func advice(for stage: HostFinding.Check) -> String {
        switch stage {
        case .proxy: "check \(proxy.source)"
        case .nameResolution: "check /etc/resolv.conf, or set a proxy that resolves the name (proxy)"
        case .tls: "install the system's certificates (ca-certificates)"
        case .trustStore: "check tls"
        default: "check routes and firewalls, or set a proxy (proxy)"
        }
    }

    /// - Parameter reply: nil if a later stage failed.
    private func success(
        _ stage: HostFinding.Check, _ reply: HTTPResponse?, _ now: Timestamp
    ) -> (HostFinding.Result, String) {
        switch stage {
        case .proxy: (.ok, proxy.source)
        case .nameResolution: (.ok, proxy.isUsed ? "left to the proxy" : "resolves")
        case .connection:
            if let status = reply?.status, status >= 500 {
                (
                    .warn,
                    "responds with status \(status): the server or a gateway in front of it has a problem; try again "
                        + "later"
                )
            } else {
                (.ok, reply == nil ? "accepts connections" : "responds")
            }
        case .tls: (.ok, isPlain ? "not used: http:// goes to loopback only" : "the certificate is trusted")
        default: clock(reply, now)
        }
    }

    private func clock(_ reply: HTTPResponse?, _ now: Timestamp) -> (HostFinding.Result, String) {
        guard let date = reply?.headers["date"].flatMap(HTTPDate.seconds) else {
            return (
                .warn,
                "its response has no Date header, so this host's clock cannot be checked; check it with timedatectl"
            )
        }
        let offset = Timestamp(seconds: date).since(now)
        if offset.magnitude <= Timestamp.clockTolerance {
            return (.ok, "this host's clock agrees with the endpoint's to the minute")
        }
        let words =
            "this host's clock is \(DurationText.render(offset.magnitude)) "
            + "\(offset > .zero ? "behind" : "ahead of") the endpoint's"
        guard offset.magnitude <= .seconds(86_400) else {
            return (.fail, "\(words), too far to be corrected: set it (timedatectl)")
        }
        return (.warn, "\(words): set it (timedatectl); until then runs sign with the endpoint's time")
    }
}
