// SPDX-License-Identifier: Apache-2.0

internal import Curl
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
    }

    private let configuration: Configuration
    private let stop: StopRequest
    private let end: ContinuousClock.Instant
    private let addresses: Set<TokenStore.Address>
    private let connections = Mutex<Result<Connections, BrandFailure>?>(nil)

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
                let asking = try APIRequests(account, configuration, stop, end)
                asking.endWithStop()
                result = .success(
                    Connections(
                        namespace: account.namespace, asking: asking,
                        writing: try APIRequests(account, configuration, stop, end)))
            } catch {
                result = .failure(error)
            }
            made = result
            return result
        }
    }

    func read(_ stores: [TokenStore]) -> [Result<TokenStoreAccess.Contents, BrandFailure>] {
        let answers = answers(for: stores, by: \.asking) { store, namespace in
            HTTPRequest(method: .get, url: Self.path(store, namespace), headers: [], body: [])
        }
        return answers.map { $0.flatMap(\.contents) }
    }

    func write(_ writes: [TokenStoreAccess.Write]) -> [TokenStoreAccess.WriteResult] {
        var results: [TokenStoreAccess.WriteResult] = []
        let isRehearsal = writes.first?.isRehearsal ?? false
        let byAddress = Dictionary(writes.map { ($0.store.address, $0) }) { first, _ in first }
        let answers = answers(for: writes.map(\.store), by: { isRehearsal ? $0.asking : $0.writing }) {
            store, namespace in
            let body = byAddress[store.address].flatMap { SecretManifest($0, namespace: namespace).json } ?? []
            return HTTPRequest(
                method: .patch,
                url: Self.path(store, namespace) + "?fieldManager=\(SecretManifest.fieldManager)"
                    + (isRehearsal ? "&dryRun=All" : ""),
                headers: [("Content-Type", "application/apply-patch+yaml")], body: body)
        }
        for answer in answers {
            switch answer {
            case .success(let answer): results.append(answer.result(isRehearsal: isRehearsal))
            case .failure(let failure): results.append(.failed(failure))
            }
        }
        return results
    }

    /// Its parts need no escape: they are names of Kubernetes.
    private static func path(_ store: TokenStore, _ namespace: String) -> String {
        "/api/v1/namespaces/\(namespace)/secrets/\(store.address.name)"
    }

    private func answers(
        for stores: [TokenStore], by requests: (Connections) -> APIRequests,
        _ request: (TokenStore, String) -> HTTPRequest
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
            of: asked.map { request(stores[$0.index], $0.namespace) }, mayPass: SecretAnswer.mayPass)
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
