// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A running `doku-sandbox` with its brands file and its log of requests.
final class Sandbox {
    /// `http://127.0.0.1:PORT`.
    let url: String
    private let process: ChildProcess
    private let brandsFile: URL
    private let logFile: URL
    private var seen = 0

    /// - Parameter scratch: a directory for its files.
    init(brands: Data, flags: [String], scratch: URL) throws {
        let name = UUID().uuidString
        brandsFile = scratch.appending(path: "brands-\(name).json")
        logFile = scratch.appending(path: "requests-\(name).jsonl")
        try brands.write(to: brandsFile)
        process = try ChildProcess(
            BuiltProgram.sandbox,
            ["--brands", brandsFile.path, "--log", logFile.path, "--until-stdin-closes", "--exit-after", "300"] + flags,
            environment: BuiltProgram.environment, directory: scratch, scratch: scratch, holdsInput: true)
        let process = process
        try waitUntil(30, for: "the sandbox's address") { process.outputSoFar.last == 0x0a || !process.isRunning }
        url = String(decoding: process.outputSoFar, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard url.hasPrefix("http://127.") else { throw ScenarioFailure("the sandbox did not start") }
    }

    /// Takes other brands from the next request on.
    func replaceBrands(_ brands: Data) throws {
        try brands.write(to: brandsFile, options: .atomic)
    }

    func stop() throws {
        process.signal(SIGTERM)
        _ = try process.ending(within: 20)
    }

    /// How many requests came since they were last taken.
    var newRequestCount: Int { ((try? requests()) ?? []).count - seen }

    /// The requests since the last call.
    func takeRequests() throws -> [[String: Any]] {
        let all = try requests()
        defer { seen = all.count }
        return Array(all[seen...])
    }

    private func requests() throws -> [[String: Any]] {
        try String(contentsOf: logFile, encoding: .utf8).split(separator: "\n").map { line in
            let document = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let request = document as? [String: Any] else { throw ScenarioFailure("not a log line: \(line)") }
            return request
        }
    }
}

/// Waits until something is true, for `seconds` at most.
func waitUntil(_ seconds: Double, for what: String, until condition: () -> Bool) throws {
    let end = Date.now.addingTimeInterval(seconds)
    while !condition() {
        guard Date.now < end else { throw ScenarioFailure("waited \(seconds) s in vain for \(what)") }
        Thread.sleep(forTimeInterval: 0.01)
    }
}
