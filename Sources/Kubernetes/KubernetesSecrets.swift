// SPDX-License-Identifier: Apache-2.0
// The module Kubernetes: Secrets of a cluster as a shared destination of tokens.

internal import Curl
package import Model
internal import Synchronization

/// Kubernetes Secrets as destinations of tokens, through the API of the cluster that the process runs in.
package enum KubernetesSecrets {
    /// The destinations of one run. No request is sent and no file read until a Secret is needed.
    package static let destinations: DestinationMaker = { configuration, stop, end in
        let own = configuration.destinations.filter { $0.kind == "kubernetes_secret" }
        guard !own.isEmpty else { return [] }
        let session = SecretSession(configuration, Set(own.map(\.address)), stop, end)
        let access = SecretAccess(read: { session.read($0) }, write: { session.write($0) })
        return own.map { SecretDestination($0, access: access) }
    }
}

extension DestinationSettings {
    var secretName: String { address["name"] ?? "" }
    /// nil for the namespace of the process.
    var secretNamespace: String? { address["namespace"] }
}

private final class SecretSession: Sendable {
    private struct Connections: Sendable {
        let namespace: String?
        /// Cancelled when the run is stopped, because these requests change nothing.
        let asking: APIRequests
        /// Not cancelled: a write in progress may finish.
        let writing: APIRequests
        /// The time limit for reading Secrets and probing writes. All brands wait for that, also those with only files.
        let planningDeadline: ContinuousClock.Instant
    }

    /// The time limit of reading and probing, and the part of the remaining time that both may take.
    private static let planningTime = (most: Duration.seconds(10), part: 4)

    private let configuration: Configuration
    private let stop: Cancellation
    private let end: ContinuousClock.Instant
    private let addresses: Set<[String: String]>
    private let connections = Mutex<Result<Connections, BrandFailure>?>(nil)
    /// Whether a Secret was written. Later reads follow from a conflict and no longer count as planning.
    private let hasWritten = Atomic<Bool>(false)

    init(
        _ configuration: Configuration, _ addresses: Set<[String: String]>, _ stop: Cancellation,
        _ end: ContinuousClock.Instant
    ) {
        (self.configuration, self.addresses, self.stop, self.end) = (configuration, addresses, stop, end)
    }

    /// Connects once per run and reads the service account's token then.
    private func connect() -> Result<Connections, BrandFailure> {
        connections.withLock { made in
            let result =
                made
                ?? Result { () throws(BrandFailure) in
                    let account = try ServiceAccount()
                    let now = ContinuousClock.now
                    let planningTime = min(Self.planningTime.most, (end - now) / Self.planningTime.part)
                    let timeout = configuration.requestTimeout
                    return Connections(
                        namespace: account.namespace,
                        // Two requests fit into the time limit, even if the first one hangs.
                        asking: try APIRequests(
                            account, configuration, stop, timeout: min(timeout, planningTime / 2), endsWithStop: true),
                        writing: try APIRequests(account, configuration, stop, timeout: timeout, endsWithStop: false),
                        planningDeadline: now + planningTime)
                }
            made = result
            return result
        }
    }

    func read(_ destination: DestinationSettings) -> Result<SecretAccess.Contents, BrandFailure> {
        answer(for: destination, by: \.asking, isPlanning: !hasWritten.load(ordering: .relaxed)) { namespace in
            HTTPRequest(method: .get, url: Self.path(destination, namespace), headers: [], body: [])
        }.flatMap(\.contents)
    }

    func write(_ write: SecretAccess.Write) -> SecretAccess.WriteResult {
        if !write.isProbe { hasWritten.store(true, ordering: .relaxed) }
        let answer = answer(
            for: write.destination, by: { write.isProbe ? $0.asking : $0.writing }, isPlanning: write.isProbe
        ) { namespace in
            HTTPRequest(
                method: .patch,
                url: Self.path(write.destination, namespace) + "?fieldManager=\(SecretManifest.fieldManager)"
                    + (write.isProbe ? "&dryRun=All" : ""),
                headers: [("Content-Type", "application/apply-patch+yaml")],
                body: SecretManifest(write, namespace: namespace).json ?? [])
        }
        switch answer {
        case .success(let answer): return answer.result(of: write)
        case .failure(let failure): return .failed(failure)
        }
    }

    /// The parts are valid Kubernetes names and need no escapes.
    private static func path(_ destination: DestinationSettings, _ namespace: String) -> String {
        "/api/v1/namespaces/\(namespace)/secrets/\(destination.secretName)"
    }

    private func answer(
        for destination: DestinationSettings, by requests: (Connections) -> APIRequests, isPlanning: Bool,
        _ request: (_ namespace: String) -> HTTPRequest
    ) -> Result<SecretResponse, BrandFailure> {
        connect().flatMap { connections in
            namespace(of: destination, connections.namespace).flatMap { namespace in
                requests(connections).result(
                    of: request(namespace), until: isPlanning ? connections.planningDeadline : end
                ).map { SecretResponse(reply: $0, destination: destination, namespace: namespace) }
            }
        }
    }

    /// The namespace of a Secret. Two names for one Secret are rejected, because their writes would undo each other.
    private func namespace(of destination: DestinationSettings, _ own: String?) -> Result<String, BrandFailure> {
        guard let namespace = destination.secretNamespace ?? own else {
            return .failure(
                BrandFailure(
                    .storeNotConfigured, "\(destination.name): the pod's own namespace is unknown; set `namespace`"))
        }
        var other = destination.address
        other["namespace"] = destination.secretNamespace == nil ? namespace : nil
        if namespace == own, addresses.contains(other) {
            return .failure(
                BrandFailure(
                    .storeNotConfigured,
                    "\(destination.name) is named with its namespace in one output and without it in another: use one form"
                ))
        }
        return .success(namespace)
    }
}
