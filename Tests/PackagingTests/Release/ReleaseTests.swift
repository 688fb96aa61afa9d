// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

/// What `make dist` puts onto a release's page, of the builds that stand beside the tests. `make packages` does the same
/// with what is released, and with the real image.
@Suite struct ReleaseTests {
    @Test func `the same commit makes the same files of a release, with checksums`() throws {
        let name = "doku-token-rotator"
        let version = ProgramVersion.text
        let package = try DebianPackage()
        let architecture = String(package.file.dropLast(4).split(separator: "_").last ?? "")
        // The real image takes a mirror of Debian.
        let image = try SmallImage(in: package.directory, architecture: architecture)
        try FileManager.default.copyItem(
            atPath: image.file,
            toPath: package.file.replacing(".deb", with: ".oci.tar"))

        let first = try files(of: package)
        #expect(
            first.keys.sorted() == [
                "SHA256SUMS", "\(name)-\(version)-linux-\(architecture).cdx.json",
                "\(name)-\(version)-linux-\(architecture).tar.gz", "\(name)-\(version).tar.gz",
                "\(name)_\(version)-1_\(architecture).deb", "\(name)_\(version)-1_\(architecture).oci.tar",
            ])
        let dist = package.directory.path("packages here/dist")
        let checked = try package.directory.run(
            "/bin/sh", ["-c", "cd \"$1\" && sha256sum --strict -c SHA256SUMS", "sh", dist])
        #expect(checked.status == 0)
        #expect(String(decoding: checked.standardOutput, as: UTF8.self).split(separator: "\n").count == first.count - 1)
        #expect(try files(of: package) == first)

        // The sources are those of the commit, the program's tarball is what `make install` installs.
        let sources = try listed("\(dist)/\(name)-\(version).tar.gz")
        for file in ["Package.swift", "Makefile", "LICENSE", "Sources/Model/ProgramVersion.swift"] {
            #expect(sources.contains("\(name)-\(version)/\(file)"), "\(file)")
        }
        #expect(sources.allSatisfy { $0.hasPrefix("\(name)-\(version)/") })
        let installed = try listed("\(dist)/\(name)-\(version)-linux-\(architecture).tar.gz")
        for file in [
            "bin/\(name)", "lib/systemd/system/\(name).timer", "lib/sysusers.d/\(name).conf",
            "share/man/man1/\(name).1", "share/bash-completion/completions/\(name)",
            "share/zsh/site-functions/_\(name)", "share/fish/vendor_completions.d/\(name).fish",
            "share/doc/\(name)/examples/example.yaml", "share/doc/\(name)/copyright",
        ] {
            #expect(installed.contains("\(name)-\(version)/\(file)"), "\(file)")
        }
        try verifyBillOfMaterials(
            JSONSerialization.jsonObject(with: #require(first["\(name)-\(version)-linux-\(architecture).cdx.json"])))
    }

    /// What CycloneDX 1.5 requires, and what the bill says of the packages.
    private func verifyBillOfMaterials(_ parsed: Any) throws {
        let bill = try #require(parsed as? [String: Any])
        #expect(bill["bomFormat"] as? String == "CycloneDX")
        #expect(bill["specVersion"] as? String == "1.5")
        #expect(bill["version"] as? Int == 1)
        #expect(try #require(bill["serialNumber"] as? String).wholeMatch(of: #/urn:uuid:[0-9a-f-]{36}/#) != nil)
        let metadata = try #require(bill["metadata"] as? [String: Any])
        let program = try #require(metadata["component"] as? [String: Any])
        #expect(program["version"] as? String == ProgramVersion.text)
        let components = try #require(bill["components"] as? [[String: Any]])
        var versions: [String: String] = [:]
        var references = [try #require(program["bom-ref"] as? String)]
        for component in components {
            #expect(component["type"] as? String == "library")
            versions[try #require(component["name"] as? String)] = try #require(component["version"] as? String)
            references.append(try #require(component["bom-ref"] as? String))
            #expect(try #require(component["purl"] as? String).hasPrefix("pkg:"))
        }
        #expect(Set(references).count == components.count + 1)
        let edges = try #require(bill["dependencies"] as? [[String: Any]])
        #expect(Set(edges.compactMap { $0["ref"] as? String }) == Set(references))
        for edge in edges {
            #expect(Set(try #require(edge["dependsOn"] as? [String])).isSubset(of: references))
        }
        let manifest = try String(contentsOf: Repository.url("Package.swift"), encoding: .utf8)
        let exact = try #require(manifest.firstMatch(of: #/swift-argument-parser", exact: "([^"]+)"/#)).output.1
        #expect(versions["swift-argument-parser"] == String(exact))
        // The sandbox uses it, and is not released.
        #expect(versions["flyingfox"] == nil)
        for library in ["libcurl4", "libyaml-0-2", "libssl3"] {
            let known = try TemporaryDirectory().run("/usr/bin/dpkg-query", ["-W", "-f", "${Version}", library])
            #expect(versions[library] == String(decoding: known.standardOutput, as: UTF8.self), "\(library)")
        }
        #expect(versions["swift"] != nil)
    }

    private func files(of package: DebianPackage) throws -> [String: Data] {
        let made = try package.make("dist", "-o", "image")
        guard made.status == 0 else {
            throw TestFailure(
                "make dist ended with \(made.status): \(String(decoding: made.standardError, as: UTF8.self))")
        }
        let dist = package.directory.url.appending(path: "packages here/dist")
        let names = try FileManager.default.contentsOfDirectory(atPath: dist.path)
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: dist.appending(path: $0))) })
    }

    private func listed(_ archive: String) throws -> Set<String> {
        let said = try TemporaryDirectory().run("/bin/tar", ["-tzf", archive])
        return Set(String(decoding: said.standardOutput, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}
