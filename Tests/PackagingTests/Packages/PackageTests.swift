// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The Debian package, of the builds that stand beside the tests. `make packages` does the same with what is released.
@Suite struct PackageTests {
    @Test func `a package is installed, used, upgraded and purged under a real systemd`() throws {
        let package = try DebianPackage()
        let ending = try package.directory.start(
            "/bin/bash", [package.script("boot"), package.file, BuiltProgram.sandbox]
        ).ending(within: 300)
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        if ending.status == 77 {
            let why = said.split(separator: "\n").last ?? ""
            print("scoreboard: package: \(why)")
            try Test.cancel("\(why)")
        }
        #expect(ending.status == 0, "\(said)")
        for line in said.split(separator: "\n") where line.hasPrefix("scoreboard: ") { print(line) }
    }

    @Test func `the same files make the same package, whoever packs them and wherever`() throws {
        let package = try DebianPackage()
        let other = try DebianPackage(umask: "077")
        #expect(package.file != other.file)
        #expect(try Data(contentsOf: URL(filePath: package.file)) == Data(contentsOf: URL(filePath: other.file)))

        let listed = try package.directory.run("/usr/bin/dpkg-deb", ["--contents", package.file])
        let lines = String(decoding: listed.standardOutput, as: UTF8.self).split(separator: "\n")
        #expect(lines.count > 40)
        // The time that the package was told, and nobody but root.
        #expect(lines.allSatisfy { $0.contains(" root/root ") && $0.contains(" 2026-11-25 10:00 ") }, "\(lines)")
    }
}

/// What `make deb` makes of the builds that stand beside the tests.
struct DebianPackage {
    let directory: TemporaryDirectory
    let file: String

    /// - Parameter umask: of whoever packs.
    init(umask: String = "022") throws {
        directory = try TemporaryDirectory()
        let made = try Self.make(["deb"], umask: umask, in: directory)
        let said = String(decoding: made.standardOutput, as: UTF8.self).split(separator: "\n")
        guard made.status == 0, let last = said.last, last.hasSuffix(".deb") else {
            throw TestFailure(
                "make deb ended with \(made.status): \(String(decoding: made.standardError, as: UTF8.self))")
        }
        file = String(last)
    }

    /// Makes something else of the same builds, beside the package.
    func make(_ goals: String...) throws -> ChildProcess.Ending {
        try Self.make(goals, umask: "022", in: directory)
    }

    private static func make(
        _ goals: [String], umask: String, in directory: TemporaryDirectory
    ) throws -> ChildProcess.Ending {
        // `-o` takes what it names for made. Debug builds use libraries that no package has.
        let script = """
            umask "$1"; shift; exec make --silent --directory "$@"
            """
        return try directory.start(
            "/bin/sh",
            ["-c", script, "sh", umask, Repository.root.path] + goals + [
                "-o", "manual", "BUILD=\(BuiltProgram.directory)", "SHARE=\(directory.path("built share"))",
                "PACKAGES=\(directory.path("packages here"))", "SHLIBDEPS_FLAGS=--ignore-missing-info",
            ],
            environment: [
                "SOURCE_DATE_EPOCH": "1795600800",
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin",
            ]
        ).ending()
    }

    func script(_ name: String) -> String {
        Repository.path("Tests/PackagingTests/Packages/\(name)")
    }
}
