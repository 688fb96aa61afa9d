// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import Settings
import Testing

@testable import TokenRotation

@Suite struct UnknownHostTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "unknown-host-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    /// Judges one run.
    private func code(
        after lookup: NameLookup, of host: String = "api.example.com", failure: BrandFailure.Code? = .hostNotResolved,
        attempts: Int32 = 3, stateDirectory: Bool = true
    ) throws -> BrandFailure.Code? {
        let text = """
            endpoint: "https://\(host)/token"
            \(stateDirectory ? "state_dir: \(folder.path)" : "")
            brands: [{ name: kopi, client_id: BRN-1, secret: { env: S }, outputs: [{ file: /run/kopi }], valid_time: 6h }]
            """
        let configuration = try ConfigurationReader.read(Array(text.utf8), file: "config.yaml", isPrivate: true)
        var outcome = BrandOutcome(name: "kopi", clientID: "BRN-1", kind: .failed, health: .outlivesNextRun)
        outcome.failure = failure.map { BrandFailure($0, "words") }
        outcome.attempts = attempts
        var outcomes = [outcome]
        UnknownHost(configuration, watch: DiskWatch(), stop: StopRequest(), lookUp: { _ in lookup })?.judge(
            &outcomes, began: .now)
        return outcomes[0].failure?.code
    }

    @Test func `the second run in a row that finds no such name says that it lasts`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try code(after: .unknown) == .hostNotResolved)
        #expect(try code(after: .unknown) == .hostUnknown)
        #expect(try code(after: .unknown) == .hostUnknown)
        // Nobody says so now.
        #expect(try code(after: .unanswered) == .hostNotResolved)
        #expect(try code(after: .found) == .hostNotResolved)
        // A run that requests nothing knows nothing.
        #expect(try code(after: .found, failure: nil, attempts: 0) == nil)
        #expect(try code(after: .unknown) == .hostUnknown)
        // One that gets through forgets.
        #expect(try code(after: .found, failure: .serverError) == .serverError)
        #expect(try code(after: .unknown) == .hostNotResolved)
    }

    @Test func `another endpoint begins anew, and without a place to remember each run is the first`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try code(after: .unknown) == .hostNotResolved)
        #expect(try code(after: .unknown, of: "api.example.org") == .hostNotResolved)
        #expect(try code(after: .unknown, of: "api.example.org") == .hostUnknown)
        for _ in 0..<2 { #expect(try code(after: .unknown, stateDirectory: false) == .hostNotResolved) }
    }

    @Test(arguments: ["", "api.example.com", "api.example.com x\n", "a b c\n", "\u{0}\u{1}\u{ff}", "\n\n"])
    func `what is no note is none`(text: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try code(after: .unknown) == .hostNotResolved)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 1)
        for name in names { try Data(text.utf8).write(to: folder.appending(path: name)) }
        #expect(try code(after: .unknown) == .hostNotResolved)
        #expect(try code(after: .unknown) == .hostUnknown)
    }

    @Test(arguments: [
        ("https://api.example.com/x", "api.example.com"), ("https://api.example.com:8443/x", "api.example.com"),
        ("http://127.0.0.1:80/x", "127.0.0.1"), ("http://[::1]:80/x", "::1"),
    ])
    func `an endpoint knows its host`(url: String, host: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = """
            endpoint: "\(url)"
            brands: [{ name: kopi, client_id: BRN-1, secret: { env: S }, outputs: [{ file: /run/kopi }], valid_time: 6h }]
            """
        #expect(
            try ConfigurationReader.read(Array(text.utf8), file: "config.yaml", isPrivate: true).endpoint.host == host)
    }

    @Test func `a name that is there is found`() { #expect(NameLookup.of("localhost") == .found) }
}
