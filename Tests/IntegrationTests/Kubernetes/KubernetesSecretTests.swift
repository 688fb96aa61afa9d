// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Tokens in Secrets, before a real API server with RBAC: the built program runs with a service account's token.
@Suite(.timeLimit(.minutes(10))) struct KubernetesSecretTests {
    static let brands = ["batik", "kopi-senja", "teh"]

    static func good(_ state: Pod.SecretState, _ brands: [String] = brands) -> Bool {
        brands.allSatisfy { Pod.isToken(state.values[$0], of: $0) }
    }

    /// A run under way that has made its three requests, one of which is not answered for three seconds.
    static func heldUp(_ pod: Pod, _ flags: [String] = [], settings: String = "") throws -> ChildProcess {
        try pod.setFaults(of: brands, ["teh": "hang"])
        try pod.write(brands: brands, settings: "request_timeout: 3s\nattempts: 1\n\(settings)")
        _ = try pod.requestCount()
        let run = try pod.start(Pod.rotation + flags)
        var count = 0
        try waitUntil(20, for: "the requests") {
            count += (try? pod.requestCount()) ?? 0
            return count == 3
        }
        return run
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

    @Test("a brand whose Client-Id is another one now keeps its key until there is a token for it")
    func otherClientID() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        let configuration = try String(contentsOfFile: pod.directory.path("config.yaml"), encoding: .utf8)
        try pod.directory.write(
            configuration.replacingOccurrences(of: Pod.clientID("batik"), with: "BRN-9999-mistyped"), to: "config.yaml")
        #expect(try pod.rotate(["--force", "--brand", "teh"]).status == 0)
        #expect(try pod.state().values["batik"] == first.values["batik"])
        // DOKU knows no such brand.
        let whole = try pod.rotate()
        #expect(try whole.report.brand("batik").outcome == "failed")
        #expect(try pod.state().values["batik"] == first.values["batik"])
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
            refused.report.problems.first?.message.contains(
                "kubernetes:doku-tokens holds tokens of several shards") == true)
    }

    @Test("a Secret that somebody changes during the run is read anew, and loses nothing")
    func changedMeanwhile() throws {
        let pod = try Pod(brands: Self.brands)
        #expect(try pod.rotate().status == 0)
        let first = try pod.state()
        let run = try Self.heldUp(pod, ["--force"])
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
        let run = try Self.heldUp(pod, ["--force"])
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
}
