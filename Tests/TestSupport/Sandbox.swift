// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A running `doku-sandbox` with its brands file and its log of requests.
package final class Sandbox {
    /// `http://127.0.0.1:PORT`.
    package let url: String
    package let process: ChildProcess
    package let brandsFile: URL
    private let logFile: URL
    private var seen = 0

    /// - Parameter scratch: a directory for its files.
    package init(brands: Data, flags: [String] = [], scratch: URL) throws {
        let name = UUID().uuidString
        brandsFile = scratch.appending(path: "brands-\(name).json")
        logFile = scratch.appending(path: "requests-\(name).jsonl")
        try brands.write(to: brandsFile)
        process = try ChildProcess(
            BuiltProgram.sandbox,
            ["--brands", brandsFile.path, "--log", logFile.path, "--until-stdin-closes", "--exit-after", "300"] + flags,
            environment: BuiltProgram.environment, directory: scratch, scratch: scratch, holdsInput: true)
        url = try process.firstLine()
        guard url.hasPrefix("http://127.") else { throw TestFailure("the sandbox listens on \(url)") }
    }

    /// Takes other brands from the next request on.
    package func replaceBrands(_ brands: Data) throws {
        try brands.write(to: brandsFile, options: .atomic)
    }

    package func stop() throws {
        process.signal(SIGTERM)
        _ = try process.ending(within: 20)
    }

    /// Its log of requests as it is written.
    package var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    /// How many requests came since they were last taken.
    package var newRequestCount: Int { ((try? requests()) ?? []).count - seen }

    /// The requests since the last call.
    package func takeRequests() throws -> [[String: Any]] {
        let all = try requests()
        defer { seen = all.count }
        return Array(all[seen...])
    }

    private func requests() throws -> [[String: Any]] {
        try String(contentsOf: logFile, encoding: .utf8).split(separator: "\n").map { line in
            let document = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let request = document as? [String: Any] else { throw TestFailure("not a log line: \(line)") }
            return request
        }
    }
}
