// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport

/// What is wrong after a run, under the word that the scoreboard counts it by.
struct FaultProblem: Error, CustomStringConvertible {
    let kind: String
    let description: String

    init(_ kind: String, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// A directory with one brand's configuration, its token file, and the real program to run in it.
final class FaultStage {
    static let clientID = "BRN-0002-10791114622548"
    private static let secret = "SK-kopi/canary+Xe4v9LrK"
    static let brands = Data(#"{"brands": [{"client_id": "\#(clientID)", "secret": "\#(secret)"}]}"#.utf8)

    let directory: TemporaryDirectory
    private let server: String

    /// A sandbox for many stages; it ends with its directory's owner.
    static func sandbox(in directory: TemporaryDirectory) throws -> Sandbox {
        try directory.sandbox(brands: brands, flags: ["--exit-after", "7200"])
    }

    /// A group that a new file does not have by itself and may be given; nil if this user is in no other.
    static var otherGroup: gid_t? {
        if geteuid() == 0 { return 1 }
        var groups = [gid_t](repeating: 0, count: 64)
        let count = unsafe getgroups(Int32(groups.count), &groups)
        return groups.prefix(max(0, Int(count))).first { $0 != getegid() }
    }

    /// - Parameter output: further keys of the one output.
    init(server: String, output: String = "mode: \"0640\"", outputs: [String] = []) throws {
        directory = try TemporaryDirectory()
        self.server = server
        try directory.write(Self.secret + "\n", to: "secrets/kopi")
        for path in ["", "secrets", "tokens"] { try makeDirectory(path) }
        try configure(output: output, outputs: outputs)
    }

    func configure(output: String = "mode: \"0640\"", outputs: [String] = []) throws {
        try directory.write(
            """
            endpoint: "\(server)/adv-core-api/partner/v1.0/token"
            run_every: 15m
            request_timeout: 10s
            brands:
              - name: kopi
                client_id: \(Self.clientID)
                secret: { file: secrets/kopi }
                valid_time: 6h
                outputs:
                  - { file: tokens/kopi, \(output) }
            \(outputs.map { "      - \($0)\n" }.joined())
            """, to: "config.yaml")
    }

    func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(
            at: directory.url.appending(path: path), withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path(path))
    }

    // MARK: Running

    /// - Parameters:
    ///   - before: a program and its arguments that starts the rotator, such as `prlimit --nofile=9`.
    func start(
        _ arguments: [String] = ["--force"], before: [String] = [], environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let command =
            before + [BuiltProgram.rotator, "rotate", "--config", "config.yaml", "--output", "json"] + arguments
        return try directory.start(
            command[0].hasPrefix("/") ? command[0] : "/usr/bin/\(command[0])", Array(command.dropFirst()),
            environment: environment)
    }

    func run(
        _ arguments: [String] = ["--force"], before: [String] = [], environment: [String: String] = [:]
    ) throws -> ChildProcess.Ending {
        try start(arguments, before: before, environment: environment).ending(within: 60)
    }

    /// Publishes a first token.
    func publish() throws {
        let ending = try run([])
        guard ending.status == 0 else {
            throw TestFailure(
                "the first run ends with \(ending.status): \(String(decoding: ending.standardOutput, as: UTF8.self))")
        }
    }

    @discardableResult
    func shell(_ script: String) throws -> ChildProcess.Ending {
        try directory.run("/bin/bash", ["-c", script])
    }

    // MARK: What stands there

    /// The token file as it is read by whoever uses it.
    var contents: Data? { try? Data(contentsOf: directory.url.appending(path: "tokens/kopi")) }

    var temporaries: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.path("tokens"))) ?? [])
            .filter { $0.hasSuffix(".tmp") }
    }

    /// Looks for the secret and the tokens in what a program printed.
    func checkNoLeak(_ ending: ChildProcess.Ending, _ tokens: [Data?]) throws {
        var canary = Canary()
        canary.add(Self.secret)
        for token in tokens.compactMap({ $0 }) { canary.addToken(String(decoding: token, as: UTF8.self)) }
        for printed in [ending.standardOutput, ending.standardError] where canary.finding(in: printed) != nil {
            throw FaultProblem("leaked secrets", "a secret or a token was printed")
        }
    }
}

/// A token as a reader sees it.
enum ReadToken {
    /// Whether these bytes are one whole token of the brand: three parts, readable claims, a whole RS256 signature.
    static func isWhole(_ data: Data, clientID: String = FaultStage.clientID) -> Bool {
        let text = String(decoding: data, as: UTF8.self)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // 2048 bits in base64url.
        guard parts.count == 3, parts[2].utf8.count == 342 else { return false }
        return (claims(of: text)?["user"] as? [String: Any])?["businessServiceClientId"] as? String == clientID
    }
}

/// What a run's report says, as far as these suites look at it.
struct FaultReport {
    var exitCode: Int32?
    var code: String?
    /// The brand's sentence, or the run's.
    var message: String

    init(_ printed: Data) {
        let document = (try? JSONSerialization.jsonObject(with: printed)) as? [String: Any]
        exitCode = (document?["exit_code"] as? NSNumber)?.int32Value
        let brand = (document?["brands"] as? [[String: Any]])?.first
        code = brand?["code"] as? String
        let outputs = (brand?["outputs"] as? [[String: Any]] ?? []).compactMap { $0["message"] as? String }
        let problems = (document?["problems"] as? [[String: Any]] ?? []).compactMap { $0["message"] as? String }
        message = ([brand?["message"] as? String].compactMap { $0 } + outputs + problems).joined(separator: "\n")
    }
}
