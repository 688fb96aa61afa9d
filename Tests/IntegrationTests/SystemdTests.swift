// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The units that are shipped, before systemd's own tools and under a real systemd.
@Suite struct SystemdTests {
    private static let units = Repository.url("systemd")

    private static let names = [
        "doku-token-rotator.service", "doku-token-rotator.timer", "doku-token-rotator@.service",
        "doku-token-rotator@.timer", "doku-token-rotator-check.service", "doku-token-rotator-check.timer",
        "doku-token-rotator-check@.service", "doku-token-rotator-check@.timer",
    ]

    @Test("systemd finds nothing wrong in the units")
    func verify() throws {
        let directory = try TemporaryDirectory()
        for name in Self.names {
            // The program need not be installed to be tested.
            let text = try String(contentsOf: Self.units.appending(path: name), encoding: .utf8)
            try directory.write(text.replacing("/usr/local/bin/doku-token-rotator", with: "/bin/true"), to: name)
        }
        let ending = try directory.run(
            "/usr/bin/systemd-analyze", ["verify", "--man=no"] + Self.names.map(directory.path))
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        // Units of the machine that the tests run on may have faults of their own.
        #expect(!said.contains("doku-token-rotator"), "\(said)")
        #expect(ending.status == 0, "\(said)")
    }

    @Test("A user's systemd finds nothing wrong in the units for it")
    func verifyForUser() throws {
        let directory = try TemporaryDirectory()
        let text = try String(contentsOf: Self.units.appending(path: "user/\(Self.names[0])"), encoding: .utf8)
        try directory.write(text.replacing("/usr/local/bin/doku-token-rotator", with: "/bin/true"), to: Self.names[0])
        let ending = try directory.run(
            "/usr/bin/systemd-analyze",
            [
                "--user", "verify", "--man=no", directory.path(Self.names[0]),
                Self.units.appending(path: Self.names[1]).path,
            ],
            environment: ["XDG_RUNTIME_DIR": directory.path])
        #expect(ending.status == 0, "\(String(decoding: ending.standardError, as: UTF8.self))")
    }

    @Test("The services are exposed at most 1.1 of 10", arguments: names.filter { $0.hasSuffix(".service") })
    func exposure(name: String) throws {
        let directory = try TemporaryDirectory()
        let ending = try directory.run(
            "/usr/bin/systemd-analyze",
            ["security", "--offline=true", "--threshold=11", Self.units.appending(path: name).path])
        let said = String(decoding: ending.standardOutput, as: UTF8.self)
        #expect(ending.status == 0, "\(said)")
        #expect(said.contains("Overall exposure level"), "\(said)")
    }

    @Test(
        "A template differs from its unit in its instance's names alone", arguments: names.filter { $0.contains("@") })
    func templates(name: String) throws {
        let template = try String(contentsOf: Self.units.appending(path: name), encoding: .utf8)
        let plain = try String(
            contentsOf: Self.units.appending(path: name.replacing("@", with: "")), encoding: .utf8)
        let reduced =
            template.replacing(" of %i", with: "").replacing("/%i.yaml", with: "/config.yaml")
            .replacing("/%i.secrets", with: "/secrets").replacing("/%i", with: "").replacing("@%i.", with: ".")
        #expect(reduced == plain)
    }

    @Test("docs/systemd.md shows the shipped examples word for word")
    func examples() throws {
        let page = try String(contentsOf: Repository.url("docs/systemd.md"), encoding: .utf8)
        let examples = try FileManager.default.contentsOfDirectory(
            at: Self.units.appending(path: "examples"), includingPropertiesForKeys: nil)
        #expect(examples.count == 4)
        for example in examples {
            let text = try String(contentsOf: example, encoding: .utf8)
            let shown = try #require(text.range(of: "["))
            #expect(page.contains("```ini\n\(text[shown.lowerBound...])```"), "\(example.lastPathComponent)")
            #expect(page.contains("`\(example.lastPathComponent)`"))
        }
    }

    /// `inside`: success, failures and restarts, timer, credentials, readers. `readme`: README's configuration, and
    /// groups. `init`: what `init` writes. `outage`: starts that are never refused. `reboot`: consumers after a boot.
    /// `cron`: when it sends mail, and what. `user`: the units of an ordinary user.
    @Test(
        "Under a real systemd and a real cron the shipped files do what they say",
        arguments: ["inside", "readme", "init", "outage", "reboot", "cron", "user"])
    func boot(script name: String) throws {
        let directory = try TemporaryDirectory()
        let script = Repository.path("Tests/IntegrationTests/Systemd/boot")
        let ending = try directory.start(
            "/bin/bash", [script, Repository.root.path, BuiltProgram.rotator, BuiltProgram.sandbox, name]
        ).ending(within: 300)
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        if ending.status == 77 {
            let why = said.split(separator: "\n").last ?? ""
            print("scoreboard: \(name == "cron" ? "cron" : "systemd, \(name)"): \(why)")
            try Test.cancel("\(why)")
        }
        #expect(ending.status == 0, "\(said)")
        for line in said.split(separator: "\n").dropLast() { print(line) }
    }
}
