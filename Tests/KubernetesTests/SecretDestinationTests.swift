// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Model
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(1))) struct SecretDestinationTests {
    @Test func `the old and new tokens are known while a write hangs`() throws {
        let settings = DestinationSettings(
            kind: "kubernetes_secret", name: "kubernetes:doku", address: ["name": "doku"],
            entries: [DestinationSettings.Entry(brand: "kopi", key: "kopi")])
        let began = DispatchSemaphore(value: 0)
        let end = DispatchSemaphore(value: 0)
        let access = SecretAccess(
            read: { _ in
                var contents = SecretAccess.Contents()
                contents.values = ["kopi": Array("opaque-token-0123456789".utf8)]
                return .success(contents)
            },
            write: { _ in
                began.signal()
                end.wait()
                return .written(version: nil)
            })
        let destination = SecretDestination(settings, access: access)
        destination.read()
        let new = try #require(Token(Array("opaque-token-9876543210".utf8)))
        let written = DispatchSemaphore(value: 0)
        DispatchQueue(label: "write").async { @Sendable in
            _ = destination.write(["kopi": new], isLast: true, barrier: nil)
            written.signal()
        }
        began.wait()
        let texts = Set(destination.tokensNotInFiles.map(\.text))
        #expect(texts == ["opaque-token-0123456789", "opaque-token-9876543210"])
        end.signal()
        written.wait()
    }
}
