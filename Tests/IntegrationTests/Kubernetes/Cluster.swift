// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A real kube-apiserver with etcd and RBAC on loopback: one for all tests, each in a namespace of its own.
final class Cluster {
    static let scripts = Repository.url("Tests/IntegrationTests/Kubernetes")

    let port: Int
    let directory: TemporaryDirectory
    private let process: ChildProcess
    private let token: String

    /// The cluster, or why there is none. It ends with the tests, whose end of its standard input closes then.
    nonisolated(unsafe) private static let shared: Result<Cluster, any Error> = Result { try Cluster() }

    /// - Throws: cancels the test where there is no cluster to be had here.
    static func running() throws -> Cluster {
        guard geteuid() == 0, Host.mayMount else { throw skipped("it needs root and the right to mount") }
        do {
            return try unsafe shared.get()
        } catch let reason as Missing {
            throw skipped(reason.description)
        }
    }

    private static func skipped(_ reason: String) -> any Error {
        print("scoreboard: Kubernetes Secrets: skipped: \(reason)")
        do { try Test.cancel("skipped: \(reason)") } catch { return error }
    }

    private struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private init() throws {
        directory = try TemporaryDirectory()
        var environment: [String: String] = [:]
        environment["DOKU_TEST_KUBERNETES"] = ProcessInfo.processInfo.environment["DOKU_TEST_KUBERNETES"]
        process = try directory.start(
            "/bin/bash", [Self.scripts.appending(path: "cluster").path, "run", directory.url.path],
            environment: environment, holdsInput: true)
        let process = process
        try waitUntil(150, for: "the API server") {
            process.outputSoFar.contains(UInt8(ascii: "\n")) || !process.isRunning
        }
        let words = String(decoding: process.outputSoFar, as: UTF8.self).split { $0.isWhitespace }
        if words.first == "skipped:" { throw Missing(description: words.dropFirst().joined(separator: " ")) }
        guard words.first == "ready", words.count == 2, let port = Int(words[1]) else {
            let ending = try process.ending(within: 10)
            throw TestFailure(
                "the API server did not start: \(String(decoding: ending.standardError.suffix(2000), as: UTF8.self))")
        }
        self.port = port
        token = try String(contentsOfFile: directory.path("admin.token"), encoding: .utf8)
    }

    /// Lets the server answer nothing while `body` runs: its connections stay.
    func whilePaused<Result>(_ body: () throws -> Result) throws -> Result {
        let found = try directory.run("/usr/bin/pgrep", ["-P", "\(process.identifier)", "kube-apiserver"])
        let server = try #require(
            Int32(String(decoding: found.standardOutput, as: UTF8.self).trimmingCharacters(in: .newlines)))
        kill(server, SIGSTOP)
        defer { kill(server, SIGCONT) }
        return try body()
    }

    /// The authority that the server's certificate is of.
    var authority: String { directory.path("ca.crt") }

    /// Sends a request, as the administrator unless a token says otherwise.
    /// - Returns: the status, and the document of the answer.
    @discardableResult
    func request(
        _ method: String, _ path: String, _ body: Any? = nil, type: String = "application/json", token: String? = nil
    ) throws -> (status: Int, document: [String: Any]) {
        var arguments = [
            "-sS", "-m", "20", "--cacert", authority, "-X", method, "-w", "\n%{http_code}",
            "-H", "Authorization: Bearer \(token ?? self.token)", "https://127.0.0.1:\(port)\(path)",
        ]
        if let body {
            let file = "body-\(UUID().uuidString)"
            try directory.write(String(decoding: JSONSerialization.data(withJSONObject: body), as: UTF8.self), to: file)
            arguments += ["-H", "Content-Type: \(type)", "--data-binary", "@" + directory.path(file)]
        }
        let ending = try directory.run("/usr/bin/curl", arguments)
        let parts = String(decoding: ending.standardOutput, as: UTF8.self).split(separator: "\n")
        guard let status = parts.last.flatMap({ Int($0) }) else {
            throw TestFailure("no answer: \(String(decoding: ending.standardError, as: UTF8.self))")
        }
        let json = parts.dropLast().joined(separator: "\n")
        return (status, (try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]) ?? [:])
    }

    /// The same, with an answer that has to be good.
    @discardableResult
    func make(_ method: String, _ path: String, _ body: Any, type: String = "application/json") throws -> [String: Any]
    {
        let (status, document) = try request(method, path, body, type: type)
        guard (200..<300).contains(status) else {
            throw TestFailure("\(method) \(path): \(status) \(document["message"] ?? "")")
        }
        return document
    }

    /// What a service account has asked for since the server started: verb and path, without what it lists itself.
    func audit(of account: String) throws -> [String] {
        let text = try String(contentsOfFile: directory.path("audit.log"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            guard let event = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let user = event["user"] as? [String: Any], user["username"] as? String == account,
                let verb = event["verb"] as? String, let path = event["requestURI"] as? String
            else { return nil }
            return "\(verb) \(path)"
        }
    }
}
