// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The files of the demonstration, which stand in three places and must agree.
struct DemoTests {
    @Test func `the sandbox knows each brand of the demonstration by the secret in its file`() throws {
        let demo = Repository.url("config/demo")
        let configuration = try String(contentsOf: demo.appending(path: "config.yaml"), encoding: .utf8)
        let written = configuration.matches(
            of: #/name: (?<name>\S+)\n +client_id: (?<client>\S+)\n +secret: { file: (?<file>\S+) }/#)
        let sandbox = try TestedSandbox(arguments: [
            "--brands", demo.appending(path: "brands.json").path(percentEncoded: false),
        ])
        let requests = try written.map { match in
            let secret = try String(contentsOf: demo.appending(path: String(match.output.file)), encoding: .utf8)
            return ClientRequest(clientID: String(match.output.client), secret: String(secret.dropLast()))
        }

        #expect(written.map { String($0.output.name) } == ["batik-nusantara", "kopi-senja", "tenun-ikat"])
        #expect(try sandbox.send(requests).map(\.status) == [200, 200, 200])
        #expect(configuration.contains("endpoint: http://127.0.0.1:PORT/adv-core-api/partner/v1.0/token\n"))
    }
}
