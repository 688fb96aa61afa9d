// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Kubernetes
import Model
import Testing

@Suite(.timeLimit(.minutes(1))) struct SecretDestinationTests {
    @Test func `the tokens that were read are known while a write hangs`() throws {
        var configuration = Configuration(endpoint: .test)
        configuration.brands = [
            Brand(name: "kopi", clientID: "BRN-1", secret: .environment(variable: "S"), times: .unsaid, outputs: [])
        ]
        let store = TokenStore(
            address: TokenStore.Address(namespace: nil, name: "doku"), labels: [:],
            entries: [TokenStore.Entry(brand: 0, key: "kopi")])
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
        let destination = SecretDestination(store, of: configuration, access: access)
        destination.read()
        let new = try #require(Token(Array("opaque-token-9876543210".utf8)))
        let written = DispatchSemaphore(value: 0)
        DispatchQueue(label: "write").async { @Sendable in
            _ = destination.write(["kopi": new], isLast: true, barrier: nil)
            written.signal()
        }
        began.wait()
        #expect(destination.hiddenTokens.map(\.text) == ["opaque-token-0123456789"])
        end.signal()
        written.wait()
    }
}
