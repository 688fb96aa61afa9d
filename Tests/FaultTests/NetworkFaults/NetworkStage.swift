// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One fault with one brand or with three: a directory with their published tokens, and the real program to run in it.
final class NetworkStage: Sendable {
    struct Brand {
        let name: String
        var clientID: String { "BRN-\(name)-10791114622548" }
        var file: String { "tokens/\(name)" }
    }

    static let faulty = Brand(name: "kopi")
    static let others = [Brand(name: "batik"), Brand(name: "teh")]
    /// As the server knows it, to check signatures.
    private static let secret = "SK-network/canary+Xe4v9LrK"

    let fault: NetworkFault
    let key: String
    let brands: [Brand]
    private let directory: TemporaryDirectory
    /// The published tokens by their brand's name.
    let before: [String: Data]

    init(_ fault: NetworkFault, number: Int, isAlone: Bool) throws {
        self.fault = fault
        key = "case-\(number)"
        // With one request at a time the faulty brand goes first: what it learns must not harm those behind it.
        brands =
            if isAlone { [Self.faulty] } else if fault.settings.contains("concurrency: 1") {
                [Self.faulty] + Self.others
            } else { [Self.others[0], Self.faulty, Self.others[1]] }
        directory = try TemporaryDirectory()
        try directory.write(Self.secret + "\n", to: "secrets/all")
        try FileManager.default.createDirectory(
            at: directory.url.appending(path: "state"), withIntermediateDirectories: false)
        var tokens: [String: Data] = [:]
        for brand in brands {
            let token = Self.publishedToken(of: brand)
            try directory.write(token, to: brand.file)
            tokens[brand.name] = Data(token.utf8)
        }
        before = tokens
    }

    var name: String { fault.name + (brands.count == 1 ? "" : ", one of three") }
    private var isAlone: Bool { brands.count == 1 }

    var script: FaultScript {
        var (connections, steps) = (fault.connections, fault.steps)
        if !isAlone {
            switch fault.company {
            case .firstConnection: connections.append("serve")
            case .sharedConnection, .oneByClient, .all: break
            }
        }
        // A proxy that lets the second brand through is still one.
        if fault.endpoint != nil, connections.last == "serve" {
            connections[connections.count - 1] = fault.settings.contains("socks") ? "socks-serve" : "proxy-serve"
        }
        if steps.isEmpty { steps = ["ok"] }
        return FaultScript(
            key: key, listens: fault.listens, transport: fault.transport.rawValue, impostor: fault.impostor,
            connections: connections, faulty: Self.faulty.clientID, steps: steps,
            current: String(decoding: before[Self.faulty.name] ?? Data(), as: UTF8.self))
    }

    /// What must come of the faulty brand, of the run, and of the others.
    var expectation: NetworkFault.Expectation {
        if case .all(let each) = fault.company, !isAlone { return each }
        return fault.expect
    }

    // MARK: Running

    func run(_ server: FaultListeners, authority: String, resolving: [String]) throws -> ChildProcess.Ending {
        guard let port = server.ports[key] else { throw TestFailure("no listener for \(key)") }
        func filled(_ text: String) -> String {
            text.replacing("PORT", with: "\(port)").replacing("KEY", with: key)
        }
        let host = filled(fault.endpoint ?? "\(fault.host ?? "127.0.0.1"):PORT")
        let tls = fault.transport == .plain || fault.settings.contains("tls:") ? "" : "tls: { ca_file: \(authority) }"
        let defaults = fault.settings.contains("attempts:") ? "" : "attempts: 3"
        try directory.write(
            """
            endpoint: "\(fault.transport == .plain ? "http" : "https")://\(host)/\(key)/token"
            run_every: 15m
            \(defaults)
            \(tls)
            \(filled(fault.settings))
            defaults:
              valid_time: 6h
              secret: { file: secrets/all }
              outputs: [{ file: "tokens/{brand}" }]
            brands:
            \(brands.map { "  - { name: \($0.name), client_id: \($0.clientID) }\n" }.joined())
            """, to: "config.yaml")
        let command =
            (fault.needsResolver ? resolving : [])
            + [BuiltProgram.rotator, "rotate", "--config", "config.yaml", "--force", "--output", "json"]
        let proxy = fault.environmentProxy.map { ["https_proxy": filled($0)] } ?? [:]
        func ending() throws -> ChildProcess.Ending {
            try directory.start(command[0], Array(command.dropFirst()), environment: proxy).ending(within: 90)
        }
        for _ in 0..<fault.earlierRuns { _ = try ending() }
        return try ending()
    }

    /// The published token of a brand as a reader finds it.
    func contents(_ brand: Brand) -> Data? { try? Data(contentsOf: directory.url.appending(path: brand.file)) }

    /// What is beside the three tokens in their directory.
    var leftovers: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path("tokens"))) ?? []
        return names.filter { name in !brands.contains { $0.name == name } }
    }

    /// Where a secret or a token stands that may not.
    func leak(_ ending: ChildProcess.Ending) throws -> String? {
        var canary = Canary()
        canary.add(Self.secret)
        for token in before.values { canary.addToken(String(decoding: token, as: UTF8.self)) }
        for token in brands.compactMap(contents) { canary.addToken(String(decoding: token, as: UTF8.self)) }
        if canary.finding(in: ending.standardOutput) != nil { return "standard output" }
        if canary.finding(in: ending.standardError) != nil { return "standard error" }
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory.url.path)
        where !path.hasPrefix("secrets/") && !path.hasPrefix("tokens/") {
            let data = (try? Data(contentsOf: directory.url.appending(path: path))) ?? Data()
            if canary.finding(in: data) != nil { return path }
        }
        return nil
    }

    /// A token that is good for some hours more.
    private static func publishedToken(of brand: Brand) -> String {
        let now = Int(Date.now.timeIntervalSince1970)
        let claims = """
            {"iat":\(now - 3600),"exp":\(now + 18_000),"sub":"payload",\
            "user":{"businessServiceClientId":"\(brand.clientID)"}}
            """
        let parts = [
            Data(#"{"alg":"RS256"}"#.utf8), Data(claims.utf8), Data((0..<256).map { _ in .random(in: 0...255) }),
        ]
        return parts.map { part in
            part.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }.joined(separator: ".")
    }
}
