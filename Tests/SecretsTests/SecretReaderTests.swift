// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Secrets
import TestSupport
import Testing

@Suite struct SecretReaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Reads a file with these bytes and this mode.
    private func read(
        _ text: String, mode: mode_t = 0o600, _ body: (SecretSource) throws(BrandFailure) -> Secret
    ) throws -> String? {
        try directory.write(text, to: "secret", mode: mode)
        return try body(.file(path: directory.path("secret"))).revealed
    }

    @Test(arguments: [("SK-1", "SK-1"), ("SK-1\n", "SK-1"), ("SK-1\n\n", "SK-1\n"), (" SK-1 ", " SK-1 ")])
    func `one trailing newline is not part of a secret, everything else is`(text: String, secret: String) throws {
        let reader = SecretReader()
        #expect(try read(text) { source throws(BrandFailure) in try reader.secret(from: source) } == secret)
        #expect(reader.warnings.isEmpty)
    }

    @Test func `one trailing newline of a variable is not part of a secret`() throws {
        unsafe setenv("DOKU_TEST_SECRET_WITH_NEWLINE", "SK-1\n\n", 1)
        let reader = SecretReader(taking: ["DOKU_TEST_SECRET_WITH_NEWLINE"])
        #expect(try reader.secret(from: .environment(variable: "DOKU_TEST_SECRET_WITH_NEWLINE")).revealed == "SK-1\n")
    }

    @Test(arguments: [("", 0o600), ("\n", 0o600), ("SK-1", 0o602)])
    func `an empty or world-writable secret is refused`(text: String, mode: mode_t) {
        let failure = #expect(throws: BrandFailure.self) {
            _ = try read(text, mode: mode) { source throws(BrandFailure) in
                try SecretReader().secret(from: source)
            }
        }
        #expect(failure?.code == .secretUnreadable)
    }

    @Test func `a world-readable secret is reported in one of two ways`() throws {
        let reader = SecretReader()
        var exposed: [String] = []
        _ = try read("SK-1", mode: 0o644) { source throws(BrandFailure) in
            try reader.secret(from: source, isCancelled: { false }, expose: { exposed.append($0) })
        }
        #expect(exposed == ["the secret file \(directory.path("secret"))"])
        #expect(reader.warnings.isEmpty)
        _ = try read("SK-1", mode: 0o644) { source throws(BrandFailure) in try reader.secret(from: source) }
        #expect(reader.warnings == ["the secret file \(directory.path("secret")) is world-readable: chmod o-r it"])
    }

    @Test func `a file on a disk that does not respond is not touched`() throws {
        let failure = #expect(throws: BrandFailure.self) {
            _ = try read("SK-1") { source throws(BrandFailure) in
                try SecretReader().secret(
                    from: source, isHanging: { $0 == directory.path })
            }
        }
        #expect(failure?.code == .diskHangs)
    }

    @Test func `every secret that was read is in the redaction set`() throws {
        let known = RedactionSet()
        let reader = SecretReader(noting: known)
        _ = try read("SK-1") { source throws(BrandFailure) in try reader.secret(from: source) }
        #expect(known.all.map(\.revealed) == ["SK-1"])
    }
}
