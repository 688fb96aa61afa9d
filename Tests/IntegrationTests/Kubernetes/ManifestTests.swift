// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

/// The manifests that are shipped: rendered by kustomize, held against schemas and a real API server, and their
/// configurations run as in a pod.
@Suite(.timeLimit(.minutes(10))) struct ManifestTests {
    private static let overlays = Repository.url("config/kubernetes/overlays")
    private static let names = ["files", "secrets", "sharded"]

    private static func tool(_ directory: TemporaryDirectory, _ arguments: [String]) throws -> ChildProcess.Ending {
        var environment: [String: String] = [:]
        for name in ["DOKU_TEST_KUBERNETES", "HOME", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "https_proxy"] {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        let ending = try directory.start(
            "/bin/bash", [Cluster.scripts.appending(path: "manifests").path] + arguments, environment: environment
        ).ending(within: 180)
        guard ending.status != 77 else {
            let why = String(decoding: ending.standardOutput, as: UTF8.self).split(separator: "\n").last ?? ""
            print("scoreboard: Kubernetes manifests: \(why)")
            try Test.cancel("\(why)")
        }
        return ending
    }

    private static func rendered(_ overlay: String, in directory: TemporaryDirectory) throws -> [[String: Any]] {
        let ending = try tool(directory, ["render", overlays.appending(path: overlay).path])
        #expect(ending.status == 0, "\(String(decoding: ending.standardError, as: UTF8.self))")
        try directory.write(String(decoding: ending.standardOutput, as: UTF8.self), to: "manifests.json")
        let list = try JSONSerialization.jsonObject(with: ending.standardOutput)
        return try #require(list as? [[String: Any]])
    }

    /// The CronJob's job.
    private static func job(in manifests: [[String: Any]]) throws -> [String: Any] {
        let cronJob = try #require(manifests.first { $0["kind"] as? String == "CronJob" })
        let spec = try #require(cronJob["spec"] as? [String: Any])
        return try #require((spec["jobTemplate"] as? [String: Any])?["spec"] as? [String: Any])
    }

    @Test("the schemas of the oldest and the newest Kubernetes know every field", arguments: names)
    func schemas(overlay: String) throws {
        let directory = try TemporaryDirectory()
        _ = try Self.rendered(overlay, in: directory)
        let ending = try Self.tool(directory, ["validate", directory.path("manifests.json")])
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        #expect(ending.status == 0, "\(said)")
        let lines = said.split(separator: "\n")
        #expect(lines.count >= 8 && lines.allSatisfy { $0.hasPrefix("ok ") }, "\(said)")
        print("scoreboard: Kubernetes manifests, \(overlay): \(lines.count) objects before schemas, 0 faults")
    }

    @Test("the API server takes every object", arguments: names)
    func admission(overlay: String) throws {
        let directory = try TemporaryDirectory()
        let manifests = try Self.rendered(overlay, in: directory)
        let cluster = try Cluster.running()
        _ = try cluster.request("POST", "/api/v1/namespaces", ["metadata": ["name": "doku"]])
        for manifest in manifests {
            var manifest = manifest
            let kind = try #require(manifest["kind"] as? String)
            // The server is older than batch/v1 for a CronJob: what it does not know it leaves out.
            if kind == "CronJob" { manifest["apiVersion"] = "batch/v1beta1" }
            let version = try #require(manifest["apiVersion"] as? String)
            let folder = version.contains("/") ? "/apis/\(version)" : "/api/\(version)"
            let plural = kind == "NetworkPolicy" ? "networkpolicies" : kind.lowercased() + "s"
            let (status, document) = try cluster.request(
                "POST", "\(folder)/namespaces/doku/\(plural)?dryRun=All", manifest)
            #expect(status == 201, "\(kind): \(status) \(document["message"] ?? "")")
        }
    }

    @Test("the job stops at the exit statuses where a person must act, and goes on where a retry may help")
    func exitStatuses() throws {
        for overlay in Self.names {
            let job = try Self.job(in: Self.rendered(overlay, in: TemporaryDirectory()))
            let policy = try #require((job["podFailurePolicy"] as? [String: Any])?["rules"] as? [[String: Any]])
            var found: [String: [Int]] = [:]
            for rule in policy {
                let action = try #require(rule["action"] as? String)
                found[action] = (rule["onExitCodes"] as? [String: Any])?["values"] as? [Int] ?? []
            }
            let codes = ExitStatus.allCases.map { Int($0.rawValue) }
            let lasting = codes.filter { (20...30).contains($0) || [64, 70, 78].contains($0) }
            #expect(
                found == [
                    "Ignore": [], overlay == "sharded" ? "FailIndex" : "FailJob": lasting,
                    "Count": codes.filter { (10..<20).contains($0) },
                ])
        }
    }

    @Test("as many shards as the job has pods")
    func shards() throws {
        let job = try Self.job(in: Self.rendered("sharded", in: TemporaryDirectory()))
        let template = try #require((job["template"] as? [String: Any])?["spec"] as? [String: Any])
        let arguments = try #require((template["containers"] as? [[String: Any]])?.first?["args"] as? [String])
        let count = try #require(job["completions"] as? Int)
        #expect(job["parallelism"] as? Int == count)
        #expect(arguments.suffix(2) == ["--shard", "$(JOB_COMPLETION_INDEX)/\(count)"])
    }

    /// What the kubelet makes of an emptyDir and of a mounted Secret for a pod with an fsGroup, and the pod's user.
    @Test("in a pod the shipped configuration reads mounted secrets and writes where the init container made room")
    func podOfFiles() throws {
        guard geteuid() == 0 else { try Test.cancel("skipped: it needs root") }
        let directory = try TemporaryDirectory()
        let secret = "SK-mounted-Qm7w0yTzXe4v9LrK"
        let names = ["batik-nusantara", "kopi-senja"]
        let clientIDs = ["BRN-0001-10791114622547", "BRN-0002-10791114622548"]
        let brands = clientIDs.map { ["client_id": $0, "secret": secret] }
        let sandbox = try directory.sandbox(brands: JSONSerialization.data(withJSONObject: ["brands": brands]))
        let shipped = try String(contentsOf: Self.overlays.appending(path: "files/config.yaml"), encoding: .utf8)
        try directory.write(
            shipped.replacing("endpoint: test", with: "endpoint: \(sandbox.url)/adv-core-api/partner/v1.0/token")
                .replacing("/etc/doku-secrets/", with: directory.path("secrets") + "/")
                .replacing("/tokens/", with: directory.path("tokens") + "/")
                .replacing("/dev/termination-log", with: directory.path("termination")), to: "config.yaml")
        for name in names { try directory.write(secret, to: "secrets/..2026_11_22/\(name)") }
        let setUp = """
            set -eu
            chmod 0711 .. . && chmod 0644 config.yaml
            mkdir tokens && chgrp 65532 tokens && chmod 2777 tokens
            chgrp -R 65532 secrets && chmod 3777 secrets && chmod 2755 secrets/..2026_11_22
            chmod 0440 secrets/..2026_11_22/* && ln -s ..2026_11_22 secrets/..data
            for name in \(names.joined(separator: " ")); do ln -s "..data/$name" "secrets/$name"; done
            : >termination && chmod 0666 termination
            cp "\(BuiltProgram.rotator)" rotator && chmod 0755 rotator
            """
        let made = try directory.run("/bin/sh", ["-c", setUp])
        #expect(made.status == 0, "\(String(decoding: made.standardError, as: UTF8.self))")
        func inPod(_ command: [String]) throws -> ChildProcess.Ending {
            try directory.run(
                "/usr/bin/setpriv",
                ["--reuid=65532", "--regid=65532", "--clear-groups", "--no-new-privs", "--inh-caps=-all"] + command)
        }
        let rotate = [directory.path("rotator"), "rotate", "--config", directory.path("config.yaml")]
        // An emptyDir is open to everybody: with no directory of our own in it, no token is published.
        try directory.write(
            String(contentsOfFile: directory.path("config.yaml"), encoding: .utf8)
                .replacing("/tokens/doku/", with: "/tokens/"), to: "open.yaml")
        #expect(try directory.run("/bin/chmod", ["0644", directory.path("open.yaml")]).status == 0)
        let refused = try inPod(rotate.dropLast() + [directory.path("open.yaml")])
        #expect(refused.status == 22)
        #expect(String(decoding: refused.standardError, as: UTF8.self).contains("output-refused"))
        #expect(sandbox.newRequestCount == 0)

        #expect(try inPod(["/bin/mkdir", "-p", "-m", "0750", directory.path("tokens/doku")]).status == 0)
        let run = try inPod(rotate)
        #expect(run.status == 0)
        #expect(String(decoding: run.standardError, as: UTF8.self) == "")
        for (name, clientID) in zip(names, clientIDs) {
            let facts = FileFacts(directory.url.appending(path: "tokens/doku/\(name).token"))
            try facts.check(["mode", "0640", "jwt", clientID])
        }
        let modes = try directory.run("/usr/bin/stat", ["-c", "%u %g", directory.path("tokens/doku/kopi-senja.token")])
        #expect(String(decoding: modes.standardOutput, as: UTF8.self) == "65532 65532\n")
        #expect(try String(contentsOfFile: directory.path("termination"), encoding: .utf8).contains("\"exit_code\""))
        // No warning either: a mounted secret is closed to others.
        let doctor = try inPod([directory.path("rotator"), "doctor", "--config", directory.path("config.yaml")])
        let said = String(decoding: doctor.standardOutput, as: UTF8.self)
        #expect(doctor.status == 0, "\(said)")
        #expect(said.contains("ok    secret: batik-nusantara, kopi-senja: can be read"), "\(said)")
    }

    @Test("the shipped Role is enough for the shipped configuration, and no more than that")
    func podOfSecrets() throws {
        let directory = try TemporaryDirectory()
        let manifests = try Self.rendered("secrets", in: directory)
        let role = try #require(manifests.first { $0["kind"] as? String == "Role" })
        let pod = try Pod(
            brands: ["batik-nusantara", "kopi-senja"], rules: try #require(role["rules"] as? [[String: Any]]))
        // It may not make the Secret: that is shipped, empty.
        #expect(try pod.rotate().report.brand("kopi-senja").code == "store-forbidden")
        try pod.apply(["type": "Opaque"], manager: "kubectl")
        #expect(try pod.rotate().status == 0)
        let state = try pod.state()
        #expect(Pod.isToken(state.values["kopi-senja"], of: "kopi-senja"))
        // And applied again it takes nothing away.
        try pod.apply(["type": "Opaque"], manager: "kubectl")
        #expect(try pod.state() == state)
    }
}
