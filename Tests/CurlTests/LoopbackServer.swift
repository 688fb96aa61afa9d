// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

/// Runs `curl_server.py`, or its twin for HTTP/2, which ends with its owner.
final class LoopbackServer {
    /// What the server received.
    struct Record: Decodable {
        struct Request: Decodable {
            let line: String
            let headers: [String]
            let body: String

            /// The values of the header `name`, ignoring case.
            func values(_ name: String) -> [String] {
                headers.filter { $0.lowercased().hasPrefix("\(name.lowercased()):") }.map {
                    $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
                }
            }
        }

        let requests: [Request]
        let connections: Int
        /// HTTP/2 only.
        let streams: Int?
        let mostInFlight: Int
    }

    let port: Int
    /// A port on which no program listens.
    let deafPort: Int
    /// For a certificate, if it makes one.
    let directory: TemporaryDirectory
    private let server: PythonServer

    convenience init() throws {
        try self.init(script: "curl_server.py")
    }

    init(script: String, arguments: [String] = []) throws {
        directory = try TemporaryDirectory()
        server = try PythonServer(script, arguments, in: directory)
        let ports = server.announcement.split(separator: " ").compactMap { Int($0) }
        try #require(ports.count == 2)
        (port, deafPort) = (ports[0], ports[1])
    }

    /// Ends the server and returns what it received.
    func finish() throws -> Record { try JSONDecoder().decode(Record.self, from: server.finish()) }

    func request(_ path: String, headers: [(String, String)] = [], body: String = "{}") -> HTTPRequest {
        HTTPRequest(
            url: "http://127.0.0.1:\(port)\(path)", headers: headers.map { (name: $0.0, value: $0.1) },
            body: Array(body.utf8))
    }

    /// Options for this server: plain HTTP, and no proxy of the environment.
    func options(_ change: (inout HTTPOptions) -> Void = { _ in }) -> HTTPOptions {
        var options = HTTPOptions(userAgent: "curl-tests/1")
        options.allowsPlainHTTP = true
        options.proxy = ""
        options.keptHeaders = ["x-kept", "x-kept-twice"]
        change(&options)
        return options
    }

    func transfers(_ change: (inout HTTPOptions) -> Void = { _ in }) throws -> HTTPClient {
        try HTTPClient(options: options(change))
    }
}

extension HTTPClient {
    /// Sends one request and returns its result.
    func send(
        _ request: HTTPRequest, notBefore: ContinuousClock.Instant? = nil
    ) async -> Result<HTTPResponse, CurlError> {
        await withCheckedContinuation { continuation in
            submit(notBefore: notBefore) {
                request
            } completion: {
                continuation.resume(returning: $0)
            }
        }
    }
}

extension Result where Success == HTTPResponse, Failure == CurlError {
    var reply: HTTPResponse? { try? get() }
    var kind: CurlError.Kind? { if case .failure(let error) = self { error.kind } else { nil } }
}

/// How often each request completed, and its results.
final class Completions: Sendable {
    private let results: Mutex<[[Result<HTTPResponse, CurlError>]]>

    init(count: Int) { results = Mutex(Array(repeating: [], count: count)) }

    var all: [[Result<HTTPResponse, CurlError>]] { results.withLock { $0 } }

    func note(_ result: Result<HTTPResponse, CurlError>, of index: Int) {
        results.withLock { $0[index].append(result) }
    }
}
