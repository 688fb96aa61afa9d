// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Reporting
import Rotation
import Synchronization
import TestSupport
import Testing

@testable import Kubernetes

/// What a run does if the Secret changes after each read. A real server cannot do this on demand.
@Suite(.timeLimit(.minutes(2))) struct SecretRaceTests {
    private let directory: TemporaryDirectory
    private let sandbox: Sandbox

    init() throws {
        directory = try TemporaryDirectory()
        let brand = ["client_id": "BRN-0001-10791114622547", "secret": "SK-race-Qm7w0yTzXe4v9LrK"]
        sandbox = try directory.sandbox(brands: JSONSerialization.data(withJSONObject: ["brands": [brand]]))
        try directory.write("SK-race-Qm7w0yTzXe4v9LrK", to: "secret")
        try directory.write(
            """
            endpoint: \(sandbox.url)/adv-core-api/partner/v1.0/token
            run_every: 15m
            brands:
              - name: batik
                client_id: BRN-0001-10791114622547
                valid_time: 6h
                secret: { file: secret }
                outputs: [{ kubernetes_secret: { name: doku, key: token } }]
            """, to: "config.yaml")
    }

    /// A run whose Secret is changed by another client before each of the first `losses` writes.
    private func run(losses: Int) -> (report: RunReport, writes: [SecretAccess.Write], reads: Int) {
        struct Account {
            var writes: [SecretAccess.Write] = []
            var reads = 0
        }
        let account = Mutex(Account())
        let access = SecretAccess(
            read: { _ in
                var contents = SecretAccess.Contents()
                contents.version = account.withLock { account in
                    account.reads += 1
                    return "\(account.reads)"
                }
                return .success(contents)
            },
            write: { write in
                if write.isProbe { return .written(version: nil) }
                return account.withLock { account in
                    account.writes.append(write)
                    return account.writes.count <= losses ? .changed : .written(version: "last")
                }
            })
        let destinations: DestinationMaker = { configuration, _, _ in
            configuration.destinations.map { SecretDestination($0, access: access) }
        }
        let request = RotationRequest(configurationFile: directory.path("config.yaml"))
        let report = RotationCommand(request, stop: Cancellation(), destinations: destinations).report()
        return account.withLock { (report, $0.writes, $0.reads) }
    }

    @Test("a write that came too late is made anew, of what stands there then", arguments: 0...3)
    func late(losses: Int) throws {
        let (report, writes, reads) = run(losses: losses)
        #expect(report.exitStatus == .success)
        #expect(report.outcomes.first?.kind == .rotated)
        #expect(writes.map(\.version) == (0...losses).map { "\($0 + 1)" })
        #expect(reads == losses + 1)
        #expect(try sandbox.takeRequests().count == 1)
    }

    @Test("one that always comes too late is given up, for a passing reason")
    func alwaysLate() {
        let (report, writes, _) = run(losses: .max)
        #expect(report.exitStatus == .transientNoToken)
        #expect(report.outcomes.first?.failure?.code == .storeChanged)
        #expect(report.outcomes.first?.outputs.first?.kind == .failed)
        #expect(writes.count == 4)
    }
}
