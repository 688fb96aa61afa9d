// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

/// Concurrent requests to the API server. All of them are idempotent, so each may be retried.
final class APIRequests: Sendable {
    private let account: ServiceAccount
    private let http: HTTPClient
    private let policy: RetryPolicy
    private let stop: Cancellation

    /// In bytes: a Secret of 1 MiB in base64, with labels, annotations and the managers of each key.
    private static let largestResponse = 8 << 20

    /// - Parameters:
    ///   - timeout: of each request.
    ///   - endsWithStop: whether requests are cancelled when the run is stopped.
    init(
        _ account: ServiceAccount, _ configuration: Configuration, _ stop: Cancellation, timeout: Duration,
        endsWithStop: Bool
    ) throws(BrandFailure) {
        self.account = account
        self.stop = stop
        policy = RetryPolicy(attempts: configuration.attempts)
        var options = HTTPOptions(userAgent: ProgramVersion.userAgent)
        options.concurrency = min(16, configuration.concurrency)
        options.connections = min(4, configuration.connections)
        options.connectTimeout = min(configuration.connectTimeout, timeout)
        options.requestTimeout = timeout
        options.maximumBodySize = Self.largestResponse
        options.keptHeaders = ["retry-after"]
        options.tls = .file(account.authority)
        // The API server is inside the cluster, so the proxy of the environment does not apply.
        options.proxy = ""
        do throws(CurlError) {
            http = try HTTPClient(options: options)
        } catch {
            throw BrandFailure(.internal, "libcurl cannot be used: \(error.message)")
        }
        if endsWithStop { stop.onStop { [http] in http.cancel() } }
    }

    /// Sends a request and waits for its result. Many threads may wait at the same time.
    /// - Parameter end: no retry starts after this.
    func result(of request: HTTPRequest, until end: ContinuousClock.Instant) -> Result<HTTPResponse, BrandFailure> {
        var request = request
        request.url = account.server + request.url
        request.headers.append(("Authorization", "Bearer \(account.token)"))
        request.headers.append(("Accept", "application/json"))
        var attempt = 1
        var notBefore: ContinuousClock.Instant?
        while true {
            let result = http.result(of: request, notBefore: notBefore)
            var wish: Duration?
            let isTransient: Bool
            switch result {
            case .success(let reply):
                isTransient = SecretResponse.isTransient(reply)
                wish = reply.headers["retry-after"].flatMap {
                    RetryAfter.wait($0, date: nil, now: Timestamp.now.seconds)
                }
            case .failure(let error):
                isTransient = error.kind != .cancelled && failure(error).isTransient
                request.needsFreshConnection = true
            }
            let next = policy.next(
                after: attempt, advice: isTransient ? .transient(.same, after: wish) : .never,
                remaining: end - ContinuousClock.now, random: Double.random(in: 0..<1))
            guard let next else { return result.mapError(failure) }
            attempt += 1
            notBefore = .now + next.wait
        }
    }

    private func failure(_ error: CurlError) -> BrandFailure {
        let server = "the API server at \(account.server.dropFirst("https://".count))"
        switch error.kind {
        case .hostNotResolved, .notConnected, .timedOut, .tlsHandshake, .proxyNotResolved, .proxyNotConnected,
            .proxyRefused, .proxyNeedsAuthentication:
            return BrandFailure(.storeUnavailable, "\(server) cannot be reached (\(error.message))")
        case .noResponse, .truncatedResponse, .http2:
            return BrandFailure(.storeUnavailable, "\(server) closed the connection early (\(error.message))")
        case .peerNotTrusted, .tlsRefused:
            return BrandFailure(
                .storeUntrusted,
                "\(server) is not trusted by \(account.authority) (\(error.message)); "
                    + "look for a proxy or a service mesh in between")
        case .trustStoreUnusable:
            return BrandFailure(
                .storeNotConfigured,
                "\(account.authority) cannot be read (\(error.message)); the pod needs "
                    + "a service account with a mounted token")
        case .responseMalformed, .responseGarbled, .responseTooLarge:
            return BrandFailure(
                .storeResponse,
                "\(server) sent no usable response (\(error.message)); look for a proxy or "
                    + "a service mesh in between")
        case .cancelled: return stop.reason?.failure ?? BrandFailure(.unfinished, "the request was cancelled")
        case .requestInvalid, .internal:
            return BrandFailure(.internal, "the request to the API server could not be sent (\(error.message))")
        }
    }
}
