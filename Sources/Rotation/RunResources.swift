// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Processes
internal import Publishing
internal import Secrets
internal import TokenAPI

/// The resources that all brands of a run share.
final class RunResources: Sendable {
    let configuration: Configuration
    let context: RunContext
    let policy: RenewalPolicy
    let secrets: SecretReader
    let http: HTTPClient
    let endpoint: EndpointHealth
    let publication: Publication
    let shared: SharedPublisher
    let pool: WorkerPool
    /// Runs programs that print a secret.
    let commands: WorkerPool
    let barrier: WriteBarrier?
    let stop: Cancellation
    /// When all tokens must be published.
    let deadline: ContinuousClock.Instant

    init(
        _ rotation: TokenRotation, secrets: SecretReader, http: HTTPClient, endpoint: EndpointHealth,
        shared: SharedPublisher,
        barrier: WriteBarrier?
    ) {
        configuration = rotation.configuration
        context = rotation.context
        policy = rotation.policy
        publication = rotation.publication
        pool = rotation.pool
        stop = rotation.stop
        deadline = rotation.deadline
        commands = WorkerPool(width: max(8, min(64, rotation.configuration.concurrency)))
        self.secrets = secrets
        self.http = http
        self.endpoint = endpoint
        self.shared = shared
        self.barrier = barrier
    }
}
