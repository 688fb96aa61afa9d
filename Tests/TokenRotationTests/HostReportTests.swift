// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing
import TokenRotation

@Suite struct HostReportTests {
    private func secret(_ brand: String, _ result: HostFinding.Result, _ message: String) -> HostFinding {
        HostFinding(.secret, brand, result, message)
    }

    @Test(arguments: [
        ([HostFinding.Result.ok], HostFinding.Result.ok, Int32(0)), ([.ok, .warn, .ok], .warn, 0),
        ([.warn, .fail, .ok], .fail, 78), ([], .ok, 0),
    ])
    func `the worst finding is the whole's, and failures alone end with 78`(
        results: [HostFinding.Result], whole: HostFinding.Result, status: Int32
    ) {
        let report = HostReport(findings: results.map { secret("a", $0, "m") })
        #expect(report.result == whole)
        #expect(report.exitStatus.rawValue == status)
    }

    @Test func `what is the same of many is one line`() {
        let few = HostReport(findings: ["a", "b", "c"].map { secret($0, .ok, "can be had") })
        #expect(few.text == "ok    secret: a, b, c: can be had\n")
        let many = HostReport(findings: (0..<10_000).map { secret("b\($0)", .ok, "can be had") })
        #expect(many.text == "ok    secret: b0, b1, b2 and 9997 more: can be had\n")
    }

    @Test func `a message that names its subject is not told twice`() {
        let report = HostReport(findings: [
            HostFinding(.output, "/run/a", .fail, "/run/a: is a directory, not a regular file")
        ])
        #expect(report.text == "fail  output: /run/a: is a directory, not a regular file\n")
    }

    @Test(arguments: [1, 10, 11, 10_000])
    func `the text keeps to a size, and counts what it leaves out`(count: Int) {
        let report = HostReport(
            findings: (0..<count).flatMap {
                [secret("b\($0)", .fail, "/run/\($0): is missing"), secret("b\($0)", .warn, "/run/\($0): is open")]
            })
        let lines = report.text.split(separator: "\n")
        #expect(lines.count == (count > 10 ? 22 : 2 * count))
        #expect(report.text.contains("fail  secret: and \(count - 10) more of the kind") == (count > 10))
    }

    @Test func `no line is forged`() {
        let report = HostReport(findings: [secret("a\nok    all: well", .fail, "\u{1b}[31mred")])
        #expect(report.text.split(separator: "\n").count == 1)
        #expect(!report.text.contains("\u{1b}"))
    }

    @Test(arguments: [0, 1, 1000])
    func `the document has every finding`(count: Int) throws {
        let findings = (0..<count).map { secret("b\($0)", .warn, "say \"no\"\n\u{202e}") }
        var text = ""
        HostReport(findings: findings).writeJSON { text += $0 }
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document.keys.sorted() == ["checks", "result", "version"])
        let checks = try #require(document["checks"] as? [[String: String]])
        #expect(checks.count == count)
        for (check, finding) in zip(checks, findings) {
            #expect(
                check == [
                    "check": finding.check.rawValue, "subject": finding.subject, "result": finding.result.rawValue,
                    "message": finding.message,
                ])
        }
    }
}
