// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
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

/// A sandbox with what its client needs: a key to verify tokens with, and brands given as JSON.
final class TestedSandbox {
    let directory: TemporaryDirectory
    private let sandbox: Sandbox

    /// Starts it with one brand, BRN-1, or with the brands given; returns when it listens.
    init(_ brands: [String] = [#"{"client_id":"BRN-1","secret":"not-a-secret-1"}"#], arguments: [String] = []) throws {
        directory = try TemporaryDirectory()
        sandbox = try directory.sandbox(
            brands: Self.document(of: brands), flags: ["--public-key", directory.path("key.pem")] + arguments)
    }

    static func document(of brands: [String]) -> Data { Data(#"{"brands":[\#(brands.joined(separator: ","))]}"#.utf8) }

    var process: ChildProcess { sandbox.process }
    var address: String { sandbox.url }
    var log: String { sandbox.log }
    var brandsFile: String { sandbox.brandsFile.path }

    func replaceBrands(_ brands: [String]) throws { try sandbox.replaceBrands(Self.document(of: brands)) }

    func replaceBrandsFile(_ text: String) throws { try sandbox.replaceBrands(Data(text.utf8)) }

    /// The answers, in the order of the requests.
    func send(_ requests: [ClientRequest], concurrently: Bool = false) throws -> [ClientResult] {
        struct Order: Encodable {
            let url: String
            let public_key: String
            let concurrent: Bool
            let requests: [ClientRequest]
        }
        let order = Order(
            url: address, public_key: directory.path("key.pem"), concurrent: concurrently, requests: requests)
        let ending = try directory.run(
            Host.python, ["-B", PythonServer.script("sandbox_client.py")], input: JSONEncoder().encode(order))
        try #require(ending.status == 0, "\(ending.errors)")
        return try JSONDecoder().decode([ClientResult].self, from: ending.standardOutput)
    }

    func send(_ request: ClientRequest = ClientRequest()) throws -> ClientResult {
        try #require(send([request]).first)
    }
}

extension TemporaryDirectory {
    /// Runs the sandbox to its end, with a file of brands if there is one.
    func runSandbox(_ arguments: [String], brands: String? = nil) throws -> ChildProcess.Ending {
        if let brands { try write(brands, to: "brands.json") }
        return try run(BuiltProgram.sandbox, arguments)
    }
}
