// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Synchronization
package import TokenRotation

/// Kubernetes Secrets as stores of tokens, by the API of the cluster that the process runs in.
package enum KubernetesSecrets {
    /// The destinations of one run. Nothing is asked or read before the first Secret is.
    package static let destinations: DestinationMaker = { configuration, stop, end in
        guard !configuration.stores.isEmpty else { return [] }
        let session = SecretSession(configuration, stop, end)
        let access = SecretAccess(read: { session.read($0) }, write: { session.write($0) })
        return configuration.stores.map { SecretDestination($0, of: configuration, access: access) }
    }
}

/// What one run asks of the API server.
private final class SecretSession: Sendable {
    private struct Connections: Sendable {
        let namespace: String?
        /// Taken back when the run is stopped: nothing comes of them.
        let asking: APIRequests
        /// Not taken back: a write in progress may end.
        let writing: APIRequests
        /// When the stores must have been read, and writes to them rehearsed: all brands wait for that, also those
        /// that have files only.
        let endOfSurvey: ContinuousClock.Instant
    }

    /// What reading and rehearsing together may take, at most, and of the time there is.
    private static let surveyTime = (most: Duration.seconds(10), part: 4)

    private let configuration: Configuration
    private let stop: StopRequest
    private let end: ContinuousClock.Instant
    private let addresses: Set<TokenStore.Address>
    private let connections = Mutex<Result<Connections, BrandFailure>?>(nil)
    /// Whether a store was written: what is read from then on is read because of that, beside everything else.
    private let hasWritten = Atomic<Bool>(false)

    init(_ configuration: Configuration, _ stop: StopRequest, _ end: ContinuousClock.Instant) {
        self.configuration = configuration
        self.stop = stop
        self.end = end
        addresses = Set(configuration.stores.map(\.address))
    }

    /// Made once a run: the service account's token is read anew by each.
    private func connect() -> Result<Connections, BrandFailure> {
        connections.withLock { made in
            if let made { return made }
            let result: Result<Connections, BrandFailure>
            do throws(BrandFailure) {
                let account = try ServiceAccount()
                let now = ContinuousClock.now
                let survey = min(Self.surveyTime.most, (end - now) / Self.surveyTime.part)
                // A request that hangs leaves time for another one.
                let asking = try APIRequests(
                    account, configuration, stop, timeout: min(configuration.requestTimeout, survey / 2))
                asking.endWithStop()
                let writing = try APIRequests(account, configuration, stop, timeout: configuration.requestTimeout)
                result = .success(
                    Connections(
                        namespace: account.namespace, asking: asking, writing: writing, endOfSurvey: now + survey))
            } catch {
                result = .failure(error)
            }
            made = result
            return result
        }
    }

    func read(_ store: TokenStore) -> Result<SecretAccess.Contents, BrandFailure> {
        answer(for: store, by: \.asking, isSurvey: !hasWritten.load(ordering: .relaxed)) { namespace in
            HTTPRequest(method: .get, url: Self.path(store, namespace), headers: [], body: [])
        }.flatMap(\.contents)
    }

    func write(_ write: SecretAccess.Write) -> SecretAccess.WriteResult {
        if !write.isProbe { hasWritten.store(true, ordering: .relaxed) }
        let answer = answer(
            for: write.store, by: { write.isProbe ? $0.asking : $0.writing }, isSurvey: write.isProbe
        ) { namespace in
            HTTPRequest(
                method: .patch,
                url: Self.path(write.store, namespace) + "?fieldManager=\(SecretManifest.fieldManager)"
                    + (write.isProbe ? "&dryRun=All" : ""),
                headers: [("Content-Type", "application/apply-patch+yaml")],
                body: SecretManifest(write, namespace: namespace).json ?? [])
        }
        switch answer {
        case .success(let answer): return answer.result(of: write)
        case .failure(let failure): return .failed(failure)
        }
    }

    /// Its parts need no escape: they are names of Kubernetes.
    private static func path(_ store: TokenStore, _ namespace: String) -> String {
        "/api/v1/namespaces/\(namespace)/secrets/\(store.address.name)"
    }

    private func answer(
        for store: TokenStore, by requests: (Connections) -> APIRequests, isSurvey: Bool,
        _ request: (_ namespace: String) -> HTTPRequest
    ) -> Result<SecretAnswer, BrandFailure> {
        connect().flatMap { connections in
            namespace(of: store, connections.namespace).flatMap { namespace in
                requests(connections).result(
                    of: request(namespace), until: isSurvey ? connections.endOfSurvey : end,
                    mayPass: SecretAnswer.mayPass
                ).map { SecretAnswer($0, for: store, namespace: namespace) }
            }
        }
    }

    /// Where a store is. One Secret that the configuration names in two ways would be written in turns.
    private func namespace(of store: TokenStore, _ own: String?) -> Result<String, BrandFailure> {
        guard let namespace = store.address.namespace ?? own else {
            return .failure(
                BrandFailure(
                    .storeNotConfigured, "\(store.name): the pod's own namespace is not known; set `namespace`"))
        }
        let other = TokenStore.Address(
            namespace: store.address.namespace == nil ? namespace : nil, name: store.address.name)
        if namespace == own, addresses.contains(other) {
            return .failure(
                BrandFailure(
                    .storeNotConfigured,
                    "\(store.name) is named with its namespace in one output and without it in another: do it in one way"
                ))
        }
        return .success(namespace)
    }
}
