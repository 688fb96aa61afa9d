// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Dispatch
internal import Model
internal import Synchronization

/// Concurrent requests to the API server. All of them are idempotent, so each may be retried.
final class APIRequests: Sendable {
    private let account: ServiceAccount
    private let http: HTTPClient
    private let policy: RetryPolicy
    private let stop: Cancellation

    /// In bytes: a Secret of 1 MiB in base64, with labels, annotations and the managers of each key.
    private static let largestResponse = 8 << 20

    /// - Parameter timeout: of each request.
    init(
        _ account: ServiceAccount, _ configuration: Configuration, _ stop: Cancellation, timeout: Duration
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
    }

    /// Cancels requests in flight when the run is stopped.
    func endWithStop() {
        stop.onStop { [http] in http.cancel() }
    }

    /// Sends a request and waits for its result. Many threads may wait at the same time.
    /// - Parameters:
    ///   - end: no retry starts after this.
    ///   - mayPass: whether a response is transient.
    func result(
        of request: HTTPRequest, until end: ContinuousClock.Instant, mayPass: @escaping @Sendable (HTTPResponse) -> Bool
    ) -> Result<HTTPResponse, BrandFailure> {
        let found = Mutex<Result<HTTPResponse, BrandFailure>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
        var request = request
        request.url = account.server + request.url
        request.headers.append(("Authorization", "Bearer \(account.token)"))
        request.headers.append(("Accept", "application/json"))
        send(request, attempt: 1, notBefore: nil, until: end, mayPass) { result in
            found.withLock { $0 = result }
            isThere.signal()
        }
        isThere.wait()
        return found.withLock { $0 } ?? .failure(BrandFailure(.internal, "no result"))
    }

    private func send(
        _ request: HTTPRequest, attempt: Int, notBefore: ContinuousClock.Instant?,
        until end: ContinuousClock.Instant, _ mayPass: @escaping @Sendable (HTTPResponse) -> Bool,
        completion: @escaping @Sendable (Result<HTTPResponse, BrandFailure>) -> Void
    ) {
        http.submit(notBefore: notBefore) {
            request
        } completion: { [self] result in
            var wish: Duration?
            switch result {
            case .success(let reply):
                guard mayPass(reply) else { return completion(.success(reply)) }
                wish = reply.headers["retry-after"].flatMap {
                    RetryAfter.wait($0, date: nil, now: Timestamp.now.seconds)
                }
            case .failure(let error):
                guard failure(error).isTransient, error.kind != .cancelled else {
                    return completion(.failure(failure(error)))
                }
            }
            let next = policy.next(
                after: attempt, advice: .transient(.same, after: wish), remaining: end - ContinuousClock.now,
                random: Double.random(in: 0..<1))
            guard let next else { return completion(result.mapError(failure)) }
            var request = request
            if case .failure = result { request.needsFreshConnection = true }
            send(
                request, attempt: attempt + 1, notBefore: .now + next.wait, until: end, mayPass, completion: completion)
        }
    }

    private func failure(_ error: CurlError) -> BrandFailure {
        let server = "the API server at \(account.server.dropFirst("https://".count))"
        switch error.kind {
        case .hostNotResolved, .notConnected, .timedOut, .tlsHandshake, .proxyNotResolved, .proxyRefused,
            .proxyNeedsAuthentication:
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
