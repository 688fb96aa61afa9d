// SPDX-License-Identifier: Apache-2.0

import Model
import Settings
import Testing

/// What programs and people write beside the plain form of a value.
@Suite struct GeneratedValuesTests {
    private func read(_ text: String) throws -> Configuration {
        try ConfigurationReader.read(Array(text.utf8), file: "/etc/doku/config.yaml", isPrivate: true)
    }

    @Test func `a key without a value counts as left out`() throws {
        let configuration = try read(Corpus.text("good", "keys-without-a-value.yaml"))
        #expect(configuration.runEvery == .seconds(3600))
        #expect(configuration.attempts == 3)
        #expect(configuration.responseVerification == .ifPresent)
        #expect(configuration.stateDirectory == nil)
        #expect(configuration.snippets.isEmpty)
        #expect(configuration.hooks.map(\.trigger) == [.changed])
        // The outputs of `defaults` count.
        #expect(configuration.brands[0].outputs.map(\.path) == ["/etc/doku/batik.token"])
        #expect(configuration.brands[0].outputs.map(\.attributes) == [FileAttributes(mode: 0o600)])
    }

    @Test(arguments: [("value: SK-x", "SK-x"), ("value: |\n        SK-x\n", "SK-x"), ("value: \"SK-x\\n\"", "SK-x")])
    func `one trailing newline is not part of a secret`(source: String, secret: String) throws {
        let configuration = try read(
            """
            endpoint: test
            brands:
              - name: a
                client_id: B
                outputs: [{ file: t }]
                secret:
                  \(source)
            """)
        guard case .value(let value) = configuration.brands[0].secret else {
            Issue.record("another source")
            return
        }
        #expect(value.authenticationCode(for: []) == Secret(Array(secret.utf8)).authenticationCode(for: []))
    }

    @Test func `a secret's program may expand a script itself`() throws {
        let argv = ["/bin/sh", "-c", "cat ${HOME}/x ~/y"]
        let configuration = try read(
            """
            endpoint: test
            brands:
              - name: a
                client_id: B
                outputs: [{ file: t }]
                secret: { command: [/bin/sh, -c, "cat ${HOME}/x ~/y"] }
            """)
        guard case .command(argv, _) = configuration.brands[0].secret else {
            Issue.record("another secret")
            return
        }
    }
}
