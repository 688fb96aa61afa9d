// SPDX-License-Identifier: Apache-2.0

import Doctor
import Foundation
import Model
import Testing

@Suite struct HostReportTests {
    private func secret(_ brand: String, _ result: HostFinding.Result, _ message: String) -> HostFinding {
        HostFinding(.secret, brand, result, message)
    }

    @Test(arguments: [
        ([HostFinding.Result.ok], HostFinding.Result.ok, Int32(0)), ([.ok, .warn, .ok], .warn, 0),
        ([.warn, .fail, .ok], .fail, 78), ([], .ok, 0),
    ])
    func `the report has the worst result, and only a failure exits with 78`(
        results: [HostFinding.Result], whole: HostFinding.Result, status: Int32
    ) {
        let report = HostReport(findings: results.map { secret("a", $0, "m") })
        #expect(report.result == whole)
        #expect(report.exitStatus.rawValue == status)
    }

    @Test func `subjects with the same message share one line`() {
        let few = HostReport(findings: ["a", "b", "c"].map { secret($0, .ok, "can be read") })
        #expect(few.text == "ok    secret: a, b, c: can be read\n")
        let many = HostReport(findings: (0..<10_000).map { secret("b\($0)", .ok, "can be read") })
        #expect(many.text == "ok    secret: b0, b1, b2 and 9997 more: can be read\n")
    }

    @Test func `the subject is not repeated if the message begins with it`() {
        let report = HostReport(findings: [
            HostFinding(.output, "/run/a", .fail, "/run/a: is a directory, not a regular file")
        ])
        #expect(report.text == "fail  output: /run/a: is a directory, not a regular file\n")
    }

    @Test(arguments: [1, 10, 11, 10_000])
    func `the text has a size limit and counts omitted lines`(count: Int) {
        let report = HostReport(
            findings: (0..<count).flatMap {
                [secret("b\($0)", .fail, "/run/\($0): is missing"), secret("b\($0)", .warn, "/run/\($0): is open")]
            })
        let lines = report.text.split(separator: "\n")
        #expect(lines.count == (count > 10 ? 22 : 2 * count))
        #expect(report.text.contains("fail  secret: and \(count - 10) more of this kind") == (count > 10))
    }

    @Test func `control characters cannot forge a line`() {
        let report = HostReport(findings: [secret("a\nok    all: well", .fail, "\u{1b}[31mred")])
        #expect(report.text.split(separator: "\n").count == 1)
        #expect(!report.text.contains("\u{1b}"))
    }

    @Test(arguments: [0, 1, 1000])
    func `the JSON document has every finding`(count: Int) throws {
        let findings = (0..<count).map { secret("b\($0)", .warn, "say \"no\"\n\u{202e}") }
        var text = ""
        HostReport(findings: findings).writeJSON { text += $0 }
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["result"] as? String == (count == 0 ? "ok" : "warn"))
        let checks = try #require(document["checks"] as? [[String: String]])
        #expect(checks.count == count)
        for (check, finding) in zip(checks, findings) {
            #expect(
                check == [
                    "check": finding.check.name, "subject": finding.subject, "result": finding.result.rawValue,
                    "message": finding.message,
                ])
        }
    }
}
