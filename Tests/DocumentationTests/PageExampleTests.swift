// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Publishing
import Settings
import TestSupport
import Testing

/// What the pages have one write into files is what its readers take.
@Suite struct PageExampleTests {
    @Test("Each whole configuration in a page is one that the program reads")
    func configurations() throws {
        var count = 0
        for page in MarkdownPage.all {
            for block in page.blocks where block.language == "yaml" && block.text.hasPrefix("endpoint:") {
                #expect(throws: Never.self, "\(page.name):\(block.line)") {
                    try ConfigurationReader.read(Array(block.text.utf8), file: "/etc/config.yaml", isPrivate: true)
                }
                count += 1
            }
        }
        #expect(count >= 3)
    }

    @Test("README's configuration is config/minimal.yaml, and fits the shipped unit and timer")
    func minimalConfiguration() throws {
        func shipped(_ name: String) throws -> String {
            try String(contentsOf: Repository.url(name), encoding: .utf8)
        }
        let text = try shipped("config/minimal.yaml")
        let block = try #require(MarkdownPage.named("README.md").blocks.first { $0.language == "yaml" })
        #expect(block.text == text)
        let configuration = try ConfigurationReader.read(Array(text.utf8), file: "/etc/config.yaml", isPrivate: false)
        let unit = try shipped("systemd/doku-token-rotator.service").split(separator: "\n")
        let timer = try shipped("systemd/doku-token-rotator.timer").split(separator: "\n")
        #expect(unit.contains("RuntimeDirectory=doku") && unit.contains("StateDirectory=doku-token-rotator"))
        #expect(unit.contains { $0.hasPrefix("LoadCredential=secrets:") })
        #expect(timer.contains("OnCalendar=*:0/15") && configuration.runEvery == .seconds(900))
        #expect(configuration.brands.count == 3 && configuration.hooks.isEmpty && configuration.destinations.isEmpty)
        for brand in configuration.brands {
            guard case .credential(name: "secrets_\(brand.name)") = brand.secret else {
                Issue.record("\(brand.name)'s secret is no credential of the unit")
                continue
            }
            #expect(brand.outputs.map(\.path) == ["/run/doku/\(brand.name).token"])
            #expect(brand.outputs.allSatisfy { $0.attributes == FileAttributes(mode: 0o640) })
        }
    }

    @Test("systemd finds nothing wrong in the units and drop-ins of the pages")
    func units() throws {
        var count = 0
        for page in MarkdownPage.all {
            for block in page.blocks where block.language == "ini" {
                let kind =
                    block.text.contains("[Timer]") ? "timer" : block.text.contains("[Path]") ? "path" : "service"
                let directory = try TemporaryDirectory()
                try directory.write("[Service]\nType=oneshot\nExecStart=/bin/true\n", to: "page.service")
                if kind != "service" { try directory.write(block.text, to: "page.\(kind)") }
                // As a drop-in of a unit that has all the rest.
                if kind == "service" { try directory.write(block.text, to: "page.service.d/page.conf") }
                let ending = try directory.run(
                    "/usr/bin/systemd-analyze", ["verify", "--man=no", directory.path("page.\(kind)")])
                let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
                #expect(ending.status == 0 && !said.contains("page."), "\(page.name):\(block.line): \(said)")
                count += 1
            }
        }
        #expect(count >= 8)
    }

    @Test("The table of cron in the page is the shipped one, without its comments")
    func table() throws {
        let page = try #require(MarkdownPage.all.first { $0.name == "docs/cron.md" })
        let block = try #require(page.blocks.first { $0.language == "cron" })
        let shipped = try String(
            contentsOf: Repository.url("config/cron/doku-token-rotator"), encoding: .utf8)
        func lines(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        }
        #expect(lines(block.text) == lines(shipped))
    }
}
