// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What every command prints with `--output json`, held against `config/report.schema.json` by a real validator.
@Suite struct ReportSchemaTests {
    private static let clientID = "BRN-0002-10791114622548"
    private static let secret = "SK-kopi/canary+Xe4v9LrK"
    private static let brands = Data(#"{"brands": [{"client_id": "\#(clientID)", "secret": "\#(secret)"}]}"#.utf8)

    /// Each command line with its exit status, in this order. The brand `teh` has no secret.
    private static let calls: [(words: String, status: Int32)] = [
        ("validate good.yaml", 0), ("-c good.yaml rotate --dry-run", 0), ("-c good.yaml check", 2),
        ("-c good.yaml status", 0), ("-c good.yaml doctor --brand kopi", 0), ("-c good.yaml doctor", 78),
        ("-c good.yaml rotate", 22), ("-c good.yaml rotate --brand kopi", 0), ("-c good.yaml --force --shard 0/1", 22),
        ("-c good.yaml check --brand kopi", 0), ("-c good.yaml status", 0), ("-c good.yaml sign --brand kopi", 0),
        ("sign --client-id X --secret-file secrets/kopi --request-id r", 0),
        ("-c hook.yaml rotate --force", 30), ("-c hook.yaml rotate --dry-run", 0),
        // Commands that cannot do their work.
        ("-c good.yaml sign --brand teh", 78), ("-c good.yaml sign --brand nobody", 64),
        ("sign --client-id X --secret-file missing --request-id r", 78), ("sign", 64), ("schema --bogus", 64),
        ("init --bogus", 64), ("rotate --bogus", 64), ("validate --bogus", 64), ("status --bogus", 64),
        ("doctor --bogus", 64), ("check --bogus", 3), ("statsu", 64),
        ("-c bad.yaml rotate", 78), ("-c bad.yaml check", 3), ("-c bad.yaml status", 78), ("-c bad.yaml doctor", 78),
        ("-c bad.yaml sign --brand kopi", 78), ("validate bad.yaml", 78), ("validate missing.yaml", 78),
        ("-c missing.yaml rotate", 78), ("-c missing.yaml doctor", 78), ("-c missing.yaml check", 3),
        ("-c good.yaml rotate --brand nobody", 64), ("-c good.yaml status --brand nobody", 64),
        ("-c good.yaml check --brand nobody", 3), ("-c good.yaml doctor --brand nobody", 64),
    ]

    @Test func `every document of every command fits the shipped schema`() throws {
        let directory = try TemporaryDirectory()
        let sandbox = try directory.sandbox(brands: Self.brands)
        try directory.write(Self.secret, to: "secrets/kopi")
        let head =
            "endpoint: \(sandbox.url)/adv-core-api/partner/v1.0/token\nrun_every: 15m\ndefaults: { valid_time: 6h }\n"
        let kopi =
            "  - { name: kopi, client_id: \(Self.clientID), secret: { file: secrets/kopi }, outputs: [{ file: kopi }] }\n"
        let teh = "  - { name: teh, client_id: BRN-1, secret: { file: secrets/teh }, outputs: [{ file: teh }] }\n"
        try directory.write(head + "brands:\n" + kopi + teh, to: "good.yaml")
        try directory.write(
            head + "state_dir: .\nbrands:\n" + kopi
                + "hooks:\n  - { name: reload, run: [\"false\"] }\n  - { name: beat, run: [\"true\"], when: always }\n",
            to: "hook.yaml")
        try directory.write("endpoint: nowhere\nsurplus: 1\n", to: "bad.yaml")
        var documents: [String] = []
        for (words, status) in Self.calls {
            let said = try directory.run(
                BuiltProgram.rotator, words.split(separator: " ").map(String.init) + ["--output", "json"])
            #expect(said.status == status, "\(words)")
            let document = try #require(
                try JSONSerialization.jsonObject(with: said.standardOutput) as? [String: Any], "\(words)")
            #expect(document["exit_code"] as? Int32 == said.status, "\(words)")
            let name = "\(documents.count) \(words.replacing("/", with: "!")).json"
            try directory.write(String(decoding: said.standardOutput, as: UTF8.self), to: name)
            documents.append(name)
        }
        let python = ProcessInfo.processInfo.environment["DOKU_TEST_PYTHON"] ?? "python3"
        let verdict = try directory.run(
            "/usr/bin/env",
            [
                python, "-B", Repository.path("Tests/ScenarioTests/validate_documents.py"),
                Repository.path("config/report.schema.json"),
            ] + documents)
        #expect(
            verdict.status == 0, "\(String(decoding: verdict.standardOutput + verdict.standardError, as: UTF8.self))")
    }
}
