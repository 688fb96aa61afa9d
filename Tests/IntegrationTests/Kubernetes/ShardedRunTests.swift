// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Ten thousand brands over the pods of an Indexed Job.
@Suite(.timeLimit(.minutes(5))) struct ShardedRunTests {
    private struct Report: Decodable {
        struct Brand: Decodable {
            let name: String
        }
        let brands: [Brand]
    }

    @Test("every brand is one pod's, and one pod more moves about its share and nothing else")
    func pods() throws {
        let directory = try TemporaryDirectory()
        let count = 10_000
        try directory.write(
            "endpoint: test\ndefaults:\n  secret: { file: s }\n  outputs: [{ file: \"tokens/{brand}\" }]\nbrands:\n"
                + (0..<count).map { "  - { name: merchant-\($0), client_id: BRN-\($0) }\n" }.joined(),
            to: "config.yaml")
        try FileManager.default.createDirectory(atPath: directory.path("tokens"), withIntermediateDirectories: true)
        func owners(of shards: Int) throws -> [String: Int] {
            var owners: [String: Int] = [:]
            for index in 0..<shards {
                let ending = try directory.run(
                    BuiltProgram.rotator,
                    [
                        "rotate", "--config", "config.yaml", "--dry-run", "--output", "json", "--shard",
                        "\(index)/\(shards)",
                    ])
                let report = try JSONDecoder().decode(Report.self, from: ending.standardOutput)
                let share = Double(report.brands.count * shards) / Double(count)
                #expect((0.85...1.15).contains(share))
                for brand in report.brands { #expect(owners.updateValue(index, forKey: brand.name) == nil) }
            }
            return owners
        }
        let before = try owners(of: 4)
        let after = try owners(of: 5)
        #expect(before.count == count && after.count == count)
        let moved = after.filter { before[$0.key] != $0.value }
        #expect(moved.values.allSatisfy { $0 == 4 })
        #expect((1600...2400).contains(moved.count), "\(moved.count) moved")
    }
}
