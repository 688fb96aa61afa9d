// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Tokens in Secrets, before a real API server with RBAC: the built program runs with a service account's token.
@Suite(.timeLimit(.minutes(10))) struct KubernetesSecretTests {
    private static let brands = ["batik", "kopi-senja", "teh"]

    private static func good(_ state: Pod.SecretState, _ brands: [String] = brands) -> Bool {
        brands.allSatisfy { Pod.isToken(state.values[$0], of: $0) }
    }

    // MARK: What is written

    @Test("the first run makes the Secret in one write, and the second writes and requests nothing")
    func created() throws {
        let pod = try Pod(brands: Self.brands)
        let first = try pod.rotate()
        #expect(first.status == 0, "\(first)")
        #expect(first.said == "")
        #expect(first.report.brands.allSatisfy { $0.outcome == "rotated" })
        #expect(
            first.report.brands.map { $0.outputs.map(\.file) } == Self.brands.map { ["kubernetes:doku-tokens/\($0)"] })
        #expect(first.report.brands.allSatisfy { $0.outputs.allSatisfy { $0.result == "written" } })
        let state = try pod.state()
        #expect(state.values.count == 3 && Self.good(state))
        #expect(try pod.asked() == ["get", "rehearse", "patch"])
        #expect(try pod.requestCount() == 3)

        let second = try pod.rotate()
        #expect(second.status == 0)
        #expect(second.report.brands.allSatisfy { $0.outcome == "fresh" })
        #expect(try pod.state() == state)
        #expect(try pod.asked() == ["get", "rehearse", "patch", "get"])
        #expect(try pod.requestCount() == 0)
    }

    @Test("what others have in the Secret stays theirs")
    func foreignKeys() throws {
        let pod = try Pod(brands: Self.brands)
        try pod.apply(
            ["data": ["ca.crt": "Zm9yZWlnbg=="], "metadata": ["name": "doku-tokens", "labels": ["team": "payments"]]],
            manager: "someone")
        try pod.write(
            brands: Self.brands, output: "name: doku-tokens, key: \"{brand}\", labels: { app: doku }")
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        #expect(first.values.count == 4 && Self.good(first))
        #expect(first.values["ca.crt"] == "foreign")
        #expect(first.labels == ["team": "payments", "app": "doku"])

        // Another label: written without a request. And gone with the key of a brand that is no more.
        try pod.write(
            brands: ["batik", "teh"], output: "name: doku-tokens, key: \"{brand}\", labels: { tier: \"1\" }")
        _ = try pod.requestCount()
        #expect(try pod.rotate().status == 0)
        let second = try pod.state()
        #expect(Set(second.values.keys) == ["batik", "teh", "ca.crt"])
        #expect(second.values["batik"] == first.values["batik"])
        #expect(second.labels == ["team": "payments", "tier": "1"])
        #expect(try pod.requestCount() == 0)
    }

    @Test("a brand that fails keeps its last good token, and the others get their new ones")
    func partialFailure() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        try pod.setFaults(of: Self.brands, ["kopi-senja": "invalid-client-id"])
        let second = try pod.rotate(["--force"])
        #expect(second.status == 20)
        #expect(try second.report.brand("kopi-senja").code == "credentials-rejected")
        let state = try pod.state()
        #expect(state.values["kopi-senja"] == first.values["kopi-senja"])
        for brand in ["batik", "teh"] {
            #expect(state.values[brand] != first.values[brand] && Pod.isToken(state.values[brand], of: brand))
        }
    }

    @Test("a run of some brands carries the others' keys over")
    func someBrands() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        let second = try pod.rotate(["--force", "--brand", "teh"])
        #expect(second.status == 0)
        #expect(second.report.brands.map(\.name) == ["teh"])
        let state = try pod.state()
        #expect(state.values.count == 3 && Self.good(state))
        #expect(state.values["teh"] != first.values["teh"])
        #expect(state.values["batik"] == first.values["batik"])
    }

    @Test("a key that somebody deleted or damaged is healed", arguments: [true, false])
    func healed(isDeleted: Bool) throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        if isDeleted {
            try pod.patch(["data": ["batik": NSNull()]])
        } else {
            // As the same manager, so that the key stays ours.
            try pod.apply(
                [
                    "data": [
                        "batik": "Z2FyYmFnZSB0ZXh0",
                        "kopi-senja": Data(first.values["kopi-senja"]!.utf8).base64EncodedString(),
                        "teh": Data(first.values["teh"]!.utf8).base64EncodedString(),
                    ]
                ],
                manager: "doku-token-rotator")
        }
        let second = try pod.rotate()
        #expect(second.status == 0, "\(second)")
        #expect(try second.report.brand("batik").outcome == "rotated")
        #expect(try second.report.brand("teh").outcome == "fresh")
        #expect(Self.good(try pod.state()))
    }

    @Test("a Secret for each brand, a file beside it, and sharded runs")
    func secretForEach() throws {
        let brands = Self.brands + ["ulos", "keris", "wayang"]
        let pod = try Pod(
            brands: brands,
            rules: [["apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch", "create"]]])
        try pod.write(
            brands: brands, output: "name: \"doku-{brand}\", key: token", more: ", { file: \"{brand}.token\" }")
        for index in 0..<2 { #expect(try pod.rotate(["--shard", "\(index)/2"]).status == 0) }
        for brand in brands {
            let value = try pod.state(of: "doku-\(brand)").values["token"]
            #expect(Pod.isToken(value, of: brand))
            #expect(try String(contentsOfFile: pod.directory.path("\(brand).token"), encoding: .utf8) == value)
        }
        #expect(try pod.requestCount() == 6)
        // One Secret over several shards is refused before anything is asked.
        try pod.write(brands: brands)
        let refused = try pod.rotate(["--shard", "0/2"])
        #expect(refused.status == 64)
        #expect(
            refused.report.problems.first?.contains("kubernetes:doku-tokens holds tokens of several shards") == true)
    }

    @Test("a Secret that somebody changes during the run is read anew, and loses nothing")
    func changedMeanwhile() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        try pod.setFaults(of: Self.brands, ["teh": "hang"])
        try pod.write(brands: Self.brands, settings: "request_timeout: 3s\nattempts: 1")
        _ = try pod.requestCount()
        let run = try pod.start(["rotate", "--config", "config.yaml", "--output", "json", "--force"])
        var count = 0
        try waitUntil(20, for: "the requests") {
            count += (try? pod.requestCount()) ?? 0
            return count == 3
        }
        try pod.apply(["data": ["note": "Zm9yZWlnbg=="]], manager: "someone")
        let ending = try pod.checked(try run.ending(within: 30))
        #expect(ending.status == 10)
        let state = try pod.state()
        #expect(state.values["note"] == "foreign")
        #expect(state.values["teh"] == first.values["teh"])
        #expect(state.values["batik"] != first.values["batik"] && Self.good(state))
        #expect(try pod.asked().suffix(3) == ["patch", "get", "patch"])
    }

    @Test("a Secret that somebody deletes during the run is made anew")
    func deletedMeanwhile() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        try pod.setFaults(of: Self.brands, ["teh": "hang"])
        try pod.write(brands: Self.brands, settings: "request_timeout: 3s\nattempts: 1")
        _ = try pod.requestCount()
        let run = try pod.start(["rotate", "--config", "config.yaml", "--output", "json", "--force"])
        var count = 0
        try waitUntil(20, for: "the requests") {
            count += (try? pod.requestCount()) ?? 0
            return count == 3
        }
        try pod.delete()
        let ending = try pod.checked(try run.ending(within: 30))
        #expect(Self.good(try pod.state(), ["batik", "kopi-senja"]), "\(ending)")
        // The one that failed has lost its old token with the Secret; the next run brings it a new one.
        try pod.setFaults(of: Self.brands, [:])
        #expect(try pod.rotate().status == 0)
        #expect(Self.good(try pod.state()))
    }

    @Test("hooks are told of the brands whose keys are new, and what they print gives no token away")
    func hooks() throws {
        let pod = try Pod(brands: Self.brands)
        let hook =
            "{ name: tell, run: [/bin/sh, -c, 'echo \"$DOKU_CHANGED_BRANDS\" >>told; cat value 2>/dev/null; false'] }"
        try pod.write(brands: Self.brands, settings: "hooks: [\(hook)]")
        #expect(try pod.rotate().status == 30)
        #expect(try pod.rotate(["--brand", "teh", "--force"]).status == 30)
        // Nothing is due: nobody is told, though the labels are written.
        try pod.write(
            brands: Self.brands, output: "name: doku-tokens, key: \"{brand}\", labels: { app: doku }",
            settings: "hooks: [\(hook)]")
        #expect(try pod.rotate().status == 0)
        #expect(try pod.state().labels == ["app": "doku"])
        let told = try String(contentsOfFile: pod.directory.path("told"), encoding: .utf8)
        #expect(told == "batik kopi-senja teh\nteh\n")
        // A token of the Secret, in whatever part of it a hook shows it.
        let token = try #require(try pod.state().values["batik"])
        try pod.directory.write(String(token.dropFirst(40)), to: "value")
        #expect(try pod.rotate(["--brand", "teh", "--force"]).status == 30)
    }

    // MARK: What is in the way

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
        try pod.setFaults(of: Self.brands, ["teh": "hang"])
        try pod.write(brands: Self.brands, settings: "request_timeout: 3s\nattempts: 1")
        _ = try pod.requestCount()
        let run = try pod.start(["rotate", "--config", "config.yaml", "--output", "json", "--force"])
        var count = 0
        try waitUntil(20, for: "the requests") {
            count += (try? pod.requestCount()) ?? 0
            return count == 3
        }
        try pod.apply(["data": ["batik": "dGhlaXJz"]], manager: "someone")
        let ending = try pod.checked(try run.ending(within: 30))
        let report = try JSONDecoder().decode(Pod.Report.self, from: ending.standardOutput)
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
        try pod.setFaults(of: Self.brands, ["teh": "hang"])
        try pod.write(brands: Self.brands, settings: "request_timeout: 3s\nattempts: 1\ndeadline: 6s")
        let run = try pod.start(["rotate", "--config", "config.yaml", "--output", "json"])
        var count = 0
        try waitUntil(20, for: "the requests") {
            count += (try? pod.requestCount()) ?? 0
            return count == 3
        }
        let ending = try pod.cluster.whilePaused {
            if isStopped {
                run.signal(SIGTERM)
                return try run.ending(within: 4)
            }
            return try run.ending(within: 12)
        }
        _ = try pod.checked(ending)
        let report = try JSONDecoder().decode(Pod.Report.self, from: ending.standardOutput)
        #expect(ending.status == (isStopped ? 143 : 12))
        #expect(report.brands.count == 3)
        // Either had no time, or was told that nobody answered.
        #expect(report.brands.allSatisfy { $0.outcome == "unfinished" || $0.outcome == "failed" }, "\(report.brands)")
        // Nobody knows whether the write arrived; the next run finds out.
        try pod.setFaults(of: Self.brands, [:])
        #expect(try pod.rotate().status == 0)
        #expect(Self.good(try pod.state()))
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
        #expect(outside.said.contains("this process is in no pod of Kubernetes"))
        try FileManager.default.removeItem(atPath: pod.directory.path("account/token"))
        #expect(try pod.rotate().said.contains("the pod needs a service account, and its token mounted"))
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
            try doctor(host: nil).contains("fail  kubernetes-secret: kubernetes:doku-tokens: this process is in no"))
        try pod.setRules([])
        #expect(try doctor().contains("the service account may not read it"))
        let check = try pod.run(["check", "--config", "config.yaml"])
        #expect(check.status == 3)
        #expect(String(decoding: check.standardOutput, as: UTF8.self).contains("in Kubernetes Secrets alone"))
        #expect(try pod.run(["status", "--config", "config.yaml"]).status == 0)
    }
}
