// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One case's listener: what it is told to do.
struct FaultScript: Encodable {
    var key: String
    var listens: String
    var transport: String
    var impostor: String?
    var connections: [String]
    var faulty: String
    var steps: [String]
    /// The faulty brand's token as it stands published.
    var current: String
}

/// Where a running fault server listens, and what it has seen.
struct FaultListeners {
    /// What a listener has seen of one request.
    struct Request: Decodable {
        let at: Double
        let client: String
        let id: String
        /// Of the body.
        let digest: String
        let isSigned: Bool
    }

    /// By the key of their script.
    let ports: [String: Int]
    /// The address of our own name server.
    let resolver: String
    /// Why there is none.
    let resolverProblem: String?
    fileprivate let logs: URL

    /// What the listener of `key` has seen by now.
    func requests(_ key: String) throws -> [Request] {
        try String(contentsOf: logs.appending(path: key), encoding: .utf8).split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }
}

/// `fault_server.py` as a child; it ends with its owner.
final class FaultServer {
    private struct Announcement: Decodable {
        let ports: [String: Int]
        let resolver: String
        let problem: String?
    }

    let listeners: FaultListeners
    private let server: PythonServer

    /// - Parameter directory: holds the certificates `server`, and whatever the scripts name.
    init(_ scripts: [FaultScript], in directory: TemporaryDirectory) throws {
        let logs = directory.url.appending(path: "logs")
        try directory.makeDirectory("logs")
        try directory.write(String(decoding: JSONEncoder().encode(scripts), as: UTF8.self), to: "scripts.json")
        server = try PythonServer(
            "fault_server.py", [directory.path("scripts.json"), logs.path, directory.path], in: directory)
        let said = try JSONDecoder().decode(Announcement.self, from: Data(server.announcement.utf8))
        listeners = FaultListeners(
            ports: said.ports, resolver: said.resolver, resolverProblem: said.problem, logs: logs)
    }
}
