// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Synchronization
package import TokenRotation

/// Kubernetes Secrets as stores of tokens, by the API of the cluster that the process runs in.
package enum KubernetesSecrets {
    /// The way there for one run. Nothing is asked or read before the first store is.
    package static let access: TokenStoreAccess.Maker = { configuration, stop, end in
        let session = SecretSession(configuration, stop, end)
        return TokenStoreAccess(read: { session.read($0) }, write: { session.write($0) })
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

    func read(_ stores: [TokenStore]) -> [Result<TokenStoreAccess.Contents, BrandFailure>] {
        let isSurvey = !hasWritten.load(ordering: .relaxed)
        let answers = answers(for: stores, by: \.asking, isSurvey: isSurvey) { index, namespace in
            HTTPRequest(method: .get, url: Self.path(stores[index], namespace), headers: [], body: [])
        }
        return answers.map { $0.flatMap(\.contents) }
    }

    func write(_ writes: [TokenStoreAccess.Write]) -> [TokenStoreAccess.WriteResult] {
        let isRehearsal = writes.first?.isRehearsal ?? false
        if !isRehearsal { hasWritten.store(true, ordering: .relaxed) }
        let answers = answers(
            for: writes.map(\.store), by: { isRehearsal ? $0.asking : $0.writing }, isSurvey: isRehearsal
        ) { index, namespace in
            HTTPRequest(
                method: .patch,
                url: Self.path(writes[index].store, namespace) + "?fieldManager=\(SecretManifest.fieldManager)"
                    + (isRehearsal ? "&dryRun=All" : ""),
                headers: [("Content-Type", "application/apply-patch+yaml")],
                body: SecretManifest(writes[index], namespace: namespace).json ?? [])
        }
        return zip(writes, answers).map { write, answer in
            switch answer {
            case .success(let answer): answer.result(of: write)
            case .failure(let failure): .failed(failure)
            }
        }
    }

    /// Its parts need no escape: they are names of Kubernetes.
    private static func path(_ store: TokenStore, _ namespace: String) -> String {
        "/api/v1/namespaces/\(namespace)/secrets/\(store.address.name)"
    }

    private func answers(
        for stores: [TokenStore], by requests: (Connections) -> APIRequests, isSurvey: Bool,
        _ request: (_ index: Int, _ namespace: String) -> HTTPRequest
    ) -> [Result<SecretAnswer, BrandFailure>] {
        guard !stores.isEmpty else { return [] }
        let connections: Connections
        switch connect() {
        case .success(let made): connections = made
        case .failure(let failure): return stores.map { _ in .failure(failure) }
        }
        var results: [Result<SecretAnswer, BrandFailure>?] = Array(repeating: nil, count: stores.count)
        var asked: [(index: Int, namespace: String)] = []
        for (index, store) in stores.enumerated() {
            switch namespace(of: store, connections.namespace) {
            case .success(let namespace): asked.append((index, namespace))
            case .failure(let failure): results[index] = .failure(failure)
            }
        }
        let replies = requests(connections).results(
            of: asked.map { request($0.index, $0.namespace) }, until: isSurvey ? connections.endOfSurvey : end,
            mayPass: SecretAnswer.mayPass)
        for ((index, namespace), reply) in zip(asked, replies) {
            results[index] = reply.map { SecretAnswer($0, for: stores[index], namespace: namespace) }
        }
        return results.map { $0 ?? .failure(BrandFailure(.internal, "no result")) }
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
