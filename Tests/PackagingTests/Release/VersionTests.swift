// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

@Suite struct VersionTests {
    /// Each place that says the version, and how it looks there.
    @Test(arguments: [
        ("CHANGELOG.md", #"## (\S+) \(\d{4}-\d\d-\d\d\)"#), ("packaging/debian/changelog", #"rotator \((\S+)-\d+\)"#),
        ("config/container/compose.yaml", #"image: doku-token-rotator:(\S+)-\d+"#),
        ("config/kubernetes/overlays/files/kustomization.yaml", #"newTag: (\S+)"#),
        ("config/kubernetes/overlays/secrets/kustomization.yaml", #"newTag: (\S+)"#),
        ("docs/packages.md", #"doku-token-rotator-([0-9.]+)-linux-amd64.tar.gz"#),
    ])
    func `every file says the program's version`(file: String, pattern: String) throws {
        let text = try String(contentsOf: Repository.url(file), encoding: .utf8)
        let found = try #require(text.firstMatch(of: Regex<(Substring, Substring)>(pattern)), "\(file)")
        #expect(found.output.1 == ProgramVersion.text)
    }

    @Test func `each version of the changelog has a date and the usual sections`() throws {
        let changelog = try String(contentsOf: Repository.url("CHANGELOG.md"), encoding: .utf8)
        let headings = changelog.split(separator: "\n").filter { $0.hasPrefix("## ") }
        let dated = headings.filter { $0.wholeMatch(of: #/## \d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)/#) != nil }
        #expect(dated == headings)
        let sections = changelog.split(separator: "\n").filter { $0.hasPrefix("### ") }
        let usual: Set<Substring> = ["### Added", "### Changed", "### Fixed", "### Breaking", "### Upgrade notes"]
        #expect(usual.isSuperset(of: sections), "\(sections)")
    }

    /// A placeholder leads nobody to the maintainers.
    @Test func `no file names a mail address of an invalid domain`() throws {
        let found = try TemporaryDirectory().run(
            "/usr/bin/git", ["-C", Repository.root.path, "grep", "-nE", #"@[a-z.-]+\.invalid"#])
        #expect(String(decoding: found.standardOutput, as: UTF8.self) == "")
    }
}
