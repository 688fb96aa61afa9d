// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

/// A namespace with a service account and its Role, a sandbox, and a configuration: what a pod of the CronJob has.
final class Pod {
    let cluster: Cluster
    let directory: TemporaryDirectory
    let namespace: String
    private let sandbox: Sandbox
    private(set) var canary = Canary()
    private let account = "rotator"
    private let secret = "SK-kubernetes-Qm7w0yTzXe4v9LrK"

    /// What the CronJob's Role allows.
    static var usualRules: [[String: Any]] {
        [
            [
                "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["doku-tokens"],
                "verbs": ["get", "patch"],
            ],
            ["apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]],
        ]
    }

    /// - Parameters:
    ///   - faults: what a brand suffers, by name.
    ///   - isClusterWide: whether the rules hold in every namespace, also in those that do not exist.
    init(
        brands: [String], faults: [String: String] = [:], rules: [[String: Any]] = usualRules,
        isClusterWide: Bool = false
    ) throws {
        cluster = try Cluster.running()
        directory = try TemporaryDirectory()
        namespace = "t-\(UUID().uuidString.lowercased().prefix(13))"
        canary.add(secret)
        sandbox = try directory.sandbox(brands: Data("{\"brands\":[]}".utf8))
        try setFaults(of: brands, faults)
        try directory.write(secret + "\n", to: "secret")
        try cluster.make("POST", "/api/v1/namespaces", ["metadata": ["name": namespace]])
        try cluster.make("POST", "\(path)/serviceaccounts", ["metadata": ["name": account]])
        try setRules(rules, isClusterWide: isClusterWide)
        try renewToken()
        try write(brands: brands)
    }

    private var path: String { "/api/v1/namespaces/\(namespace)" }
    private var roles: String { "/apis/rbac.authorization.k8s.io/v1/namespaces/\(namespace)" }
    var accountName: String { "system:serviceaccount:\(namespace):\(account)" }
    private var token: String { (try? String(contentsOfFile: directory.path("account/token"), encoding: .utf8)) ?? "" }

    static func clientID(_ brand: String) -> String { "BRN-\(brand)-10791114622547" }

    // MARK: The surroundings

    func setFaults(of brands: [String], _ faults: [String: String]) throws {
        let entries = brands.map { brand in
            var entry = ["client_id": Self.clientID(brand), "secret": secret]
            entry["fault"] = faults[brand]
            return entry
        }
        try sandbox.replaceBrands(JSONSerialization.data(withJSONObject: ["brands": entries]))
    }

    /// - Parameter output: what `kubernetes_secret` holds.
    func write(
        brands: [String], output: String = "name: doku-tokens, key: \"{brand}\"", settings: String = "",
        more: String = ""
    ) throws {
        try directory.write(
            """
            endpoint: \(sandbox.url)/adv-core-api/partner/v1.0/token
            run_every: 15m
            \(settings)
            defaults:
              valid_time: 6h
              secret: { file: secret }
              outputs: [{ kubernetes_secret: { \(output) } }\(more)]
            brands:
            \(brands.map { "  - { name: \($0), client_id: \(Self.clientID($0)) }" }.joined(separator: "\n"))
            """, to: "config.yaml")
    }

    /// Gives the service account these rights, and waits until they hold.
    func setRules(_ rules: [[String: Any]], isClusterWide: Bool = false) throws {
        let subjects = [["kind": "ServiceAccount", "name": account, "namespace": namespace]]
        let kind = isClusterWide ? "ClusterRole" : "Role"
        let name = isClusterWide ? namespace : "rotator"
        let folder = isClusterWide ? "/apis/rbac.authorization.k8s.io/v1/cluster" : roles + "/"
        let role: [String: Any] = ["metadata": ["name": name], "rules": rules]
        let isThere = try cluster.request("GET", "\(folder)roles/\(name)").status == 200
        try cluster.make(isThere ? "PUT" : "POST", "\(folder)roles" + (isThere ? "/\(name)" : ""), role)
        if !isThere {
            try cluster.make(
                "POST", "\(folder)rolebindings",
                [
                    "metadata": ["name": name], "subjects": subjects,
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name],
                ])
        }
        let verbs = rules.flatMap { $0["verbs"] as? [String] ?? [] }
        for verb in ["get", "patch", "create"] {
            try waitUntil(30, for: "the Role") {
                let attributes = ["namespace": namespace, "verb": verb, "resource": "secrets", "name": "doku-tokens"]
                let review = try? cluster.make(
                    "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                    [
                        "spec": [
                            "user": accountName, "groups": ["system:serviceaccounts"], "resourceAttributes": attributes,
                        ]
                    ])
                return (review?["status"] as? [String: Any])?["allowed"] as? Bool == verbs.contains(verb)
            }
        }
    }

    /// Puts a new token of the service account where the kubelet would.
    func renewToken() throws {
        let answer = try cluster.make(
            "POST", "\(path)/serviceaccounts/\(account)/token", ["spec": ["expirationSeconds": 600]])
        let token = try #require((answer["status"] as? [String: Any])?["token"] as? String)
        canary.add(token)
        try directory.write(token, to: "account/token")
        try directory.write(namespace, to: "account/namespace")
        try directory.write(String(contentsOfFile: cluster.authority, encoding: .utf8), to: "account/ca.crt")
    }

    /// Takes the service account away: its token counts no more.
    func revokeToken() throws {
        try cluster.request("DELETE", "\(path)/serviceaccounts/\(account)")
        let token = token
        try waitUntil(30, for: "the end of the token") {
            (try? cluster.request("GET", "\(path)/secrets/doku-tokens", token: token).status) == 401
        }
    }

    // MARK: The Secret

    private var secretPath: String { "\(path)/secrets/doku-tokens" }

    /// As another manager.
    func apply(_ document: [String: Any], manager: String, to name: String = "doku-tokens") throws {
        try cluster.make(
            "PATCH", "\(path)/secrets/\(name)?fieldManager=\(manager)&force=true",
            ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": name]].merging(document) { $1 },
            type: "application/apply-patch+yaml")
    }

    func patch(_ document: [String: Any]) throws {
        try cluster.make("PATCH", secretPath, document, type: "application/merge-patch+json")
    }

    func delete() throws { try cluster.request("DELETE", secretPath) }

    struct SecretState: Equatable {
        var values: [String: String] = [:]
        var labels: [String: String] = [:]
        var version = ""
    }

    func state(of name: String = "doku-tokens") throws -> SecretState {
        let (status, document) = try cluster.request("GET", "\(path)/secrets/\(name)")
        guard status == 200 else { return SecretState() }
        let metadata = document["metadata"] as? [String: Any] ?? [:]
        let data = document["data"] as? [String: String] ?? [:]
        return SecretState(
            values: data.mapValues { String(decoding: Data(base64Encoded: $0) ?? Data(), as: UTF8.self) },
            labels: metadata["labels"] as? [String: String] ?? [:],
            version: metadata["resourceVersion"] as? String ?? "")
    }

    /// Whether a value is a token that DOKU's stand-in gave this brand.
    static func isToken(_ value: String?, of brand: String) -> Bool {
        let user = value.flatMap { claims(of: $0) }?["user"] as? [String: Any]
        return user?["businessServiceClientId"] as? String == clientID(brand)
    }

    // MARK: Runs

    struct Report: Decodable {
        struct Brand: Decodable {
            struct Output: Decodable {
                let file: String
                let result: String
            }
            let name: String
            let outcome: String
            let code: String?
            let message: String?
            let attempts: Int
            let outputs: [Output]
        }
        let brands: [Brand]
        struct Problem: Decodable {
            let message: String
        }
        let problems: [Problem]

        func brand(_ name: String) throws -> Brand { try #require(brands.first { $0.name == name }) }
    }

    /// Starts the rotator where the service account is.
    func start(_ arguments: [String], host: String? = "127.0.0.1", port: Int? = nil) throws -> ChildProcess {
        var environment: [String: String] = ["https_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"]
        environment["KUBERNETES_SERVICE_HOST"] = host
        environment["KUBERNETES_SERVICE_PORT"] = "\(port ?? cluster.port)"
        return try directory.start(
            "/bin/sh",
            [Cluster.scripts.appending(path: "pod").path, directory.path("account"), BuiltProgram.rotator] + arguments,
            environment: environment)
    }

    func run(_ arguments: [String], host: String? = "127.0.0.1", port: Int? = nil) throws -> ChildProcess.Ending {
        try checked(try start(arguments, host: host, port: port).ending())
    }

    /// Runs so far, and those that said what they should not have.
    private static let tally = Mutex((runs: 0, leaks: 0))

    /// No secret and no token is in what a run says.
    func checked(_ ending: ChildProcess.Ending) throws -> ChildProcess.Ending {
        var canary = canary
        for value in try state().values.values where claims(of: value) != nil { canary.addToken(value) }
        let finding = canary.finding(in: ending.standardOutput) ?? canary.finding(in: ending.standardError)
        #expect(finding == nil)
        let (runs, leaks) = Self.tally.withLock { tally in
            tally.runs += 1
            tally.leaks += finding == nil ? 0 : 1
            return tally
        }
        print("scoreboard: Kubernetes Secrets: \(runs) runs, \(leaks) leaked secrets")
        return ending
    }

    /// Runs `rotate --output json`.
    func rotate(
        _ flags: [String] = [], host: String? = "127.0.0.1", port: Int? = nil
    ) throws -> (status: Int32, report: Report, said: String) {
        let ending = try run(Self.rotation + flags, host: host, port: port)
        return (ending.status, try Self.report(of: ending), String(decoding: ending.standardError, as: UTF8.self))
    }

    /// What a run is started with, to report on standard output.
    static let rotation = ["rotate", "--config", "config.yaml", "--output", "json"]

    static func report(of ending: ChildProcess.Ending) throws -> Report {
        do {
            return try JSONDecoder().decode(Report.self, from: ending.standardOutput)
        } catch {
            let said = String(decoding: ending.standardError, as: UTF8.self)
            throw TestFailure("no report, status \(ending.status): \(said)")
        }
    }

    /// Requests that the sandbox got since this was last asked.
    func requestCount() throws -> Int { try sandbox.takeRequests().count }

    /// What the run asked of the API server since the server started, in short.
    func asked() throws -> [String] {
        try cluster.audit(of: accountName).map { line in
            let verb = line.split(separator: " ")[0]
            return line.contains("dryRun=All") ? "rehearse" : String(verb)
        }
    }
}
