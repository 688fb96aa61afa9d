// SPDX-License-Identifier: Apache-2.0

import Model
import Settings
import Testing

@Suite struct DestinationTests {
    private static func text(brands: Int, name: String, key: String) -> String {
        "endpoint: test\ndefaults:\n  secret: { file: s }\n"
            + "  outputs: [{ kubernetes_secret: { name: \"\(name)\", key: \"\(key)\" } }]\nbrands:\n"
            + (0..<brands).map { "  - { name: merchant-\($0), client_id: BRN-\($0) }\n" }.joined()
    }

    private static func read(_ text: String) throws(InvalidConfiguration) -> Configuration {
        try ConfigurationReader.read(Array(text.utf8), file: "/etc/config.yaml", isPrivate: true)
    }

    @Test func `outputs of one Secret are one destination, in the order of the brands`() throws {
        let configuration = try Self.read(
            """
            endpoint: test
            defaults:
              secret: { file: s }
              outputs:
                - { kubernetes_secret: { name: shared, key: "DOKU_{BRAND}", labels: { a: b } } }
                - { kubernetes_secret: { namespace: other, name: "own-{brand}", key: token } }
            brands:
              - { name: kopi.senja, client_id: B1 }
              - { name: teh, client_id: B2 }
            """)
        #expect(configuration.brands.allSatisfy { $0.outputs.isEmpty })
        #expect(
            configuration.destinations == [
                DestinationSettings(
                    kind: "kubernetes_secret", name: "kubernetes:shared", address: ["name": "shared"],
                    labels: ["a": "b"], capacity: 1 << 20,
                    entries: [
                        DestinationSettings.Entry(brand: "kopi.senja", key: "DOKU_KOPI_SENJA"),
                        DestinationSettings.Entry(brand: "teh", key: "DOKU_TEH"),
                    ]),
                DestinationSettings(
                    kind: "kubernetes_secret", name: "kubernetes:other/own-kopi.senja",
                    address: ["namespace": "other", "name": "own-kopi.senja"], capacity: 1 << 20,
                    entries: [DestinationSettings.Entry(brand: "kopi.senja", key: "token")]),
                DestinationSettings(
                    kind: "kubernetes_secret", name: "kubernetes:other/own-teh",
                    address: ["namespace": "other", "name": "own-teh"], capacity: 1 << 20,
                    entries: [DestinationSettings.Entry(brand: "teh", key: "token")]),
            ])
    }

    @Test func `at most 1024 tokens fit into a Secret`() throws {
        #expect(
            try Self.read(Self.text(brands: 1024, name: "doku", key: "{brand}")).destinations.first?.entries.count
                == 1024)
        #expect(throws: InvalidConfiguration.self) {
            try Self.read(Self.text(brands: 1025, name: "doku", key: "{brand}"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `ten thousand Secrets are read at once`() throws {
        #expect(try Self.read(Self.text(brands: 10_000, name: "doku-{brand}", key: "t")).destinations.count == 10_000)
    }
}
