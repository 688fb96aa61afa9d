// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What is in the way of a write, and what the other commands say.
extension KubernetesSecretTests {
    @Test("a role that was revoked: nothing is requested, the Secret stays, a person must act")
    func revokedRole() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let state = try pod.state()
        _ = try pod.requestCount()
        // It may still read, and finds out before any request that it may not write.
        try pod.setRules([["apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]]])
        let second = try pod.rotate(["--force"])
        #expect(second.status == 20, "\(second)")
        #expect(second.report.brands.allSatisfy { $0.code == "store-forbidden" && $0.attempts == 0 })
        #expect(second.said.contains("its Role needs patch"))
        try pod.setRules([])
        let third = try pod.rotate()
        #expect(third.status == 22)
        #expect(third.report.brands.allSatisfy { $0.code == "store-forbidden" })
        #expect(third.said.contains("the service account may not read it (HTTP 403, Forbidden): its Role needs get"))
        #expect(try pod.state() == state)
        #expect(try pod.requestCount() == 0)
    }

    @Test("a key that belongs to somebody else is not taken from them, and keeps no other brand from its own")
    func conflict() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.apply(["data": ["teh": "bm90IGEgdG9rZW4="]], manager: "vault-operator")
        let first = try pod.rotate()
        #expect(first.status == 22)
        let teh = try first.report.brand("teh")
        #expect(teh.code == "store-conflict" && teh.attempts == 0)
        #expect(teh.message?.contains("the key teh belongs to vault-operator") == true)
        let state = try pod.state()
        #expect(state.values["teh"] == "not a token")
        #expect(Self.good(state, ["batik", "kopi-senja"]))
        #expect(try pod.requestCount() == 2)
        // Once they give it up, all is well.
        try pod.apply([:], manager: "vault-operator")
        #expect(try pod.rotate().status == 0)
        #expect(Self.good(try pod.state()))
    }

    @Test("a key taken over during the run fails its brand alone")
    func conflictMeanwhile() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let run = try Self.heldUp(pod, ["--force"])
        try pod.apply(["data": ["batik": "dGhlaXJz"]], manager: "someone")
        let ending = try pod.checked(try run.ending(within: 30))
        let report = try Pod.report(of: ending)
        #expect(try report.brand("batik").code == "store-conflict")
        #expect(try report.brand("kopi-senja").outcome == "rotated")
        let state = try pod.state()
        #expect(state.values["batik"] == "theirs")
        #expect(Self.good(state, ["kopi-senja", "teh"]))
    }

    @Test("a token of the service account that counts no more")
    func unauthorized() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let state = try pod.state()
        _ = try pod.requestCount()
        try pod.revokeToken()
        let second = try pod.rotate()
        #expect(second.status == 22)
        #expect(
            second.report.brands.allSatisfy { $0.code == "store-unauthorized" && $0.outputs[0].result == "refused" })
        #expect(second.said.contains("does not accept the service account's token"))
        #expect(try pod.state() == state)
        #expect(try pod.requestCount() == 0)
    }

    @Test("an API server that is down is a passing reason, tried again")
    func down() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.write(brands: Self.brands, settings: "attempts: 2")
        let run = try pod.rotate(port: 9)
        #expect(run.status == 12)
        #expect(run.report.brands.allSatisfy { $0.code == "store-unavailable" && $0.attempts == 0 })
        #expect(run.said.contains("the API server at 127.0.0.1:9 cannot be reached"))
        #expect(try pod.requestCount() == 0)
    }

    @Test("a write that hangs does not keep a run from its end, and is not told as written", arguments: [true, false])
    func hangingWrite(isStopped: Bool) throws {
        let pod = try Pod(brands: Self.brands)
        let run = try Self.heldUp(pod, settings: "deadline: 6s")
        let ending = try pod.cluster.whilePaused {
            if isStopped {
                run.signal(SIGTERM)
                return try run.ending(within: 4)
            }
            return try run.ending(within: 12)
        }
        _ = try pod.checked(ending)
        let report = try Pod.report(of: ending)
        #expect(ending.status == (isStopped ? 143 : 12))
        #expect(report.brands.count == 3)
        // Either had no time, or was told that nobody answered.
        #expect(report.brands.allSatisfy { $0.outcome == "unfinished" || $0.outcome == "failed" }, "\(report.brands)")
        // Nobody knows whether the write arrived; the next run finds out.
        try pod.setFaults(of: Self.brands, [:])
        #expect(try pod.rotate().status == 0)
        #expect(Self.good(try pod.state()))
    }

    @Test("a hook is told of a write that may have arrived")
    func doubtfulWrite() throws {
        let pod = try Pod(brands: Self.brands)
        let hook = "{ name: tell, run: [/bin/sh, -c, 'echo \"$DOKU_CHANGED_BRANDS\" >>told'], timeout: 2s }"
        let run = try Self.heldUp(pod, settings: "deadline: 9s\nhooks: [\(hook)]")
        let ending = try pod.cluster.whilePaused { try run.ending(within: 15) }
        _ = try pod.checked(ending)
        #expect(ending.status == 12)
        #expect(try String(contentsOfFile: pod.directory.path("told"), encoding: .utf8) == "batik kopi-senja\n")
    }

    @Test("an API server that hangs keeps no token from a file")
    func hangingServer() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.write(brands: ["batik"], settings: "deadline: 20s")
        let configuration = try String(contentsOfFile: pod.directory.path("config.yaml"), encoding: .utf8)
        try pod.directory.write(
            configuration + "\n  - { name: teh, client_id: \(Pod.clientID("teh")), outputs: [{ file: teh.token }] }\n",
            to: "config.yaml")
        let run = try pod.start(Pod.rotation)
        let ending = try pod.cluster.whilePaused { try run.ending(within: 15) }
        let report = try Pod.report(of: try pod.checked(ending))
        #expect(ending.status == 12)
        #expect(try report.brand("teh").outcome == "rotated")
        #expect(try report.brand("batik").code == "store-unavailable")
        #expect(ending.duration < .seconds(9))
    }

    @Test("a Secret with no room for another token keeps those it has fresh")
    func noRoom() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.write(brands: ["batik"])
        #expect(try pod.rotate().status == 0)
        let first = try #require(try pod.state().values["batik"])
        try pod.apply(["data": ["full": Data(count: 1_048_576 - 2500).base64EncodedString()]], manager: "someone")
        try pod.write(brands: Self.brands)
        _ = try pod.requestCount()
        let run = try pod.rotate(["--force"])
        #expect(run.status == 22)
        #expect(try run.report.brand("batik").outcome == "rotated")
        #expect(try pod.state().values["batik"] != first)
        let refused = try Self.brands.filter { try run.report.brand($0).code == "store-too-large" }
        #expect(refused == ["teh"])
        // Nothing was requested in vain.
        #expect(try pod.requestCount() == 2)
    }

    @Test("while a Secret cannot be read, metrics tell what was known of its tokens")
    func unseen() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.write(brands: Self.brands, settings: "attempts: 1\nreport: { metrics_file: doku.prom }")
        #expect(try pod.rotate().status == 0)
        func lines(_ name: String) throws -> [Substring] {
            try String(contentsOfFile: pod.directory.path("doku.prom"), encoding: .utf8)
                .split(separator: "\n").filter { $0.hasPrefix(name + "{") }.sorted()
        }
        let lasting = [
            "doku_token_expiry_timestamp_seconds", "doku_token_issued_timestamp_seconds", "doku_token_published",
        ]
        let before = try lasting.map(lines)
        #expect(before.allSatisfy { $0.count == 3 })
        #expect(try pod.rotate(port: 9).status == 12)
        #expect(try lasting.map(lines) == before)
        #expect(try lines("doku_token_failed").allSatisfy { $0.hasSuffix(" 1") })
    }

    @Test("an API server with a certificate of another authority gets no token")
    func untrusted() throws {
        let pod = try Pod(brands: ["batik"])
        _ = try CertificateAuthority("stranger", in: pod.directory)
        try pod.directory.write(
            String(contentsOfFile: pod.directory.path("stranger.pem"), encoding: .utf8), to: "account/ca.crt")
        let run = try pod.rotate()
        #expect(run.status == 22)
        #expect(try run.report.brand("batik").code == "store-untrusted")
        #expect(try pod.asked() == [])
    }

    @Test("a namespace that does not exist is told of before anything is requested")
    func noNamespace() throws {
        let pod = try Pod(
            brands: ["batik"],
            rules: [["apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch", "create"]]],
            isClusterWide: true)
        try pod.write(brands: ["batik"], output: "namespace: no-such, name: doku-tokens, key: \"{brand}\"")
        let run = try pod.rotate()
        #expect(run.status == 22)
        #expect(try run.report.brand("batik").code == "store-not-found")
        #expect(run.said.contains("there is no namespace no-such"))
        #expect(try pod.requestCount() == 0)
    }

    @Test("a Secret that is full, and one that may not change")
    func refused() throws {
        let pod = try Pod(brands: ["batik"])
        let full = Data(count: 1_048_500).base64EncodedString()
        try pod.apply(["data": ["full": full]], manager: "someone")
        let first = try pod.rotate()
        #expect(first.status == 22)
        #expect(try first.report.brand("batik").code == "store-too-large")
        try pod.patch(["data": ["full": NSNull()], "immutable": true])
        let second = try pod.rotate()
        #expect(second.status == 22)
        #expect(try second.report.brand("batik").code == "store-refused")
        #expect(second.said.contains("is the Secret immutable?"))
    }

    @Test("one Secret named in two ways, and a process outside of a cluster")
    func notConfigured() throws {
        let pod = try Pod(brands: ["batik"])
        try pod.write(
            brands: ["batik"],
            more: ", { kubernetes_secret: { namespace: \(pod.namespace), name: doku-tokens, key: other } }")
        #expect(try pod.rotate().report.brand("batik").code == "store-not-configured")
        try pod.write(brands: ["batik"])
        let outside = try pod.rotate(host: nil)
        #expect(outside.status == 22)
        #expect(try outside.report.brand("batik").code == "store-not-configured")
        #expect(outside.said.contains("this process does not run in a Kubernetes pod"))
        try FileManager.default.removeItem(atPath: pod.directory.path("account/token"))
        #expect(try pod.rotate().said.contains("the pod needs a service account with a mounted token"))
    }

    // MARK: The other commands

    @Test("a run that only plans reads back and writes nothing")
    func dryRun() throws {
        let pod = try Pod(brands: ["batik"])
        let run = try pod.rotate(["--dry-run"])
        #expect(run.status == 0)
        let brand = try run.report.brand("batik")
        #expect(brand.outcome == "due" && brand.outputs.map(\.result) == ["due"])
        #expect(try pod.state() == Pod.SecretState())
        #expect(try pod.asked() == ["get", "rehearse"])
        #expect(try pod.requestCount() == 0)
    }

    @Test("`doctor` reads the Secret and rehearses a write; `check` and `status` say that they look at none")
    func otherCommands() throws {
        let pod = try Pod(brands: ["batik", "teh"])
        func doctor(host: String? = "127.0.0.1") throws -> String {
            let ending = try pod.run(["doctor", "--config", "config.yaml"], host: host)
            return String(decoding: ending.standardOutput, as: UTF8.self)
        }
        #expect(try doctor().contains("ok    kubernetes-secret: kubernetes:doku-tokens: can be read back and written"))
        #expect(try pod.state() == Pod.SecretState())
        try pod.apply(["data": ["teh": "dGhlaXJz"]], manager: "someone")
        #expect(try doctor().contains("fail  kubernetes-secret: kubernetes:doku-tokens/teh: the Secret"))
        #expect(
            try doctor(host: nil).contains("fail  kubernetes-secret: kubernetes:doku-tokens: this process does not run")
        )
        try pod.setRules([])
        #expect(try doctor().contains("the service account may not read it"))
        let check = try pod.run(["check", "--config", "config.yaml"])
        #expect(check.status == 3)
        #expect(String(decoding: check.standardOutput, as: UTF8.self).contains("only in kubernetes:doku-tokens"))
        #expect(try pod.run(["status", "--config", "config.yaml"]).status == 0)
    }
}
