// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import Processes
internal import Publishing
internal import Secrets
internal import TokenAPI

/// A run in progress, and what its brands share to request and publish tokens.
struct RunResources: Sendable {
    let run: RotationRun
    let secrets: SecretReader
    let http: HTTPClient
    let endpoint: EndpointHealth
    let shared: SharedPublisher
    /// Passed before the first file changes.
    let barrier: WriteBarrier?
    /// Runs programs that print a secret.
    let commands: WorkerPool
}
