// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A request as `client.py` is told to make it.
struct ClientRequest: Encodable, Sendable {
    var clientID = "BRN-1"
    var secret = "not-a-secret-1"
    var requestID: String?
    var timestamp: String?
    var body: String?
    var method: String?
    var path: String?
    var omit: [String]?
    var signature: String?
    var mistake: String?
    var timeout: Double?

    enum CodingKeys: String, CodingKey {
        case clientID = "client_id"
        case secret
        case requestID = "request_id"
        case timestamp, body, method, path, omit, signature, mistake, timeout
    }
}

/// What came back, as `client.py` reports it.
struct ClientResult: Decodable, Sendable {
    var requestID: String
    var sentSignature: String
    var silent: Bool?
    var closed: Bool?
    var status: Int?
    var headers: [String: String]?
    var body: String?
    var length: Int?
    var json: Bool?
    var code: String?
    var message: String?
    var wrapped: Bool?
    var signatureVerifies: Bool?
    var token: String?
    var header: [String: String]?
    var subject: String?
    var issuedAt: Int?
    var expiresAt: Int?
    var tokenClientID: String?
    var tokenVerifies: Bool?

    enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case sentSignature = "sent_signature"
        case silent, closed, status, headers, body, length, json, code, message, wrapped
        case signatureVerifies = "signature_verifies"
        case token, header, subject
        case issuedAt = "issued_at"
        case expiresAt = "expires_at"
        case tokenClientID = "token_client_id"
        case tokenVerifies = "token_verifies"
    }
}

/// A running `doku-sandbox`, in a folder of its own that goes with it.
final class Sandbox {
    let folder: Folder
    let process: Process
    let address: String
    private let standardInput = Pipe()

    /// Starts it with one brand, BRN-1, or with the brands given; returns when it listens.
    init(_ brands: [String] = [#"{"client_id":"BRN-1","secret":"not-a-secret-1"}"#], arguments: [String] = []) throws {
        folder = try Folder()
        try folder.writeBrands(brands)
        process = Process()
        process.executableURL = try Programs.sandbox
        process.arguments =
            [
                "--brands", folder.path("brands.json"), "--log", folder.path("log.jsonl"), "--public-key",
                folder.path("key.pem"), "--exit-after", "120", "--until-stdin-closes",
            ] + arguments
        let output = Pipe()
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: try folder.touch("errors.txt"))
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += more
        }
        address = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        try #require(address.hasPrefix("http://127.0.0.1:"), "\(String(describing: folder.text("errors.txt")))")
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    func closeStandardInput() throws {
        try standardInput.fileHandleForWriting.close()
    }

    /// The answers, in the order of the requests.
    func send(_ requests: [ClientRequest], concurrently: Bool = false) throws -> [ClientResult] {
        struct Order: Encodable {
            let url: String
            let public_key: String
            let concurrent: Bool
            let requests: [ClientRequest]
        }
        let order = Order(
            url: address, public_key: folder.path("key.pem"), concurrent: concurrently, requests: requests)
        let client = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "client.py")
        let result = try Programs.run(
            URL(filePath: "/usr/bin/env"), ["python3", "-B", client.path(percentEncoded: false)],
            input: JSONEncoder().encode(order))
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([ClientResult].self, from: Data(result.output.utf8))
    }

    func send(_ request: ClientRequest = ClientRequest()) throws -> ClientResult {
        try #require(send([request]).first)
    }
}

/// A temporary folder that is removed with its owner.
final class Folder {
    private let place: URL

    init() throws {
        place = FileManager.default.temporaryDirectory.appending(path: "sandbox-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: place) }

    func path(_ name: String) -> String { place.appending(path: name).path(percentEncoded: false) }

    func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    func writeBrands(_ brands: [String]) throws {
        try write(#"{"brands":[\#(brands.joined(separator: ","))]}"#, to: "brands.json")
    }

    /// Makes an empty file and tells its path.
    func touch(_ name: String) throws -> String {
        try write("", to: name)
        return path(name)
    }
}

/// The programs that the tests run.
enum Programs {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The sandbox as built: it lies beside the bundle of the tests.
    static var sandbox: URL {
        get throws {
            let places = CommandLine.arguments.map { URL(filePath: $0) } + [Bundle.main.bundleURL]
            let candidates = places.flatMap {
                [$0.appending(path: "doku-sandbox"), $0.deletingLastPathComponent().appending(path: "doku-sandbox")]
            }
            return try #require(
                candidates.first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) },
                "doku-sandbox is not built")
        }
    }

    /// Runs a program to its end. What it prints must fit a pipe's buffer on one of its two outputs.
    static func run(_ program: URL, _ arguments: [String], input: Data = Data()) throws -> Result {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: input)
        try standardInput.fileHandleForWriting.close()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: printed, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }
}
