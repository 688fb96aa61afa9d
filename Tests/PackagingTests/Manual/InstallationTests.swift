// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct InstallationTests {
    @Test func `whoever installs, the same files get the same modes, readable by everybody`() throws {
        let ordinary = try Installation().contents()
        let closed = try Installation(umask: "077").contents()
        #expect(ordinary == closed)
        let name = "doku-token-rotator"
        let expected = [
            "755 usr/bin/\(name)", "644 usr/share/man/man1/\(name).1", "644 usr/share/man/man5/\(name).yaml.5",
            "644 usr/share/bash-completion/completions/\(name)", "644 usr/share/zsh/site-functions/_\(name)",
            "644 usr/share/fish/vendor_completions.d/\(name).fish",
            "644 usr/lib/systemd/system/\(name).service", "644 usr/lib/systemd/system/\(name)@.timer",
            "644 usr/lib/sysusers.d/\(name).conf", "644 usr/lib/tmpfiles.d/\(name).conf",
            "644 usr/share/\(name)/schema.json", "644 usr/share/\(name)/report.schema.json",
            "755 usr/share/\(name)/doctor-as-service",
            "644 usr/lib/systemd/user/\(name).service", "644 usr/lib/systemd/user/\(name).timer",
            "644 usr/share/doc/\(name)/README.md", "644 usr/share/doc/\(name)/SUPPORT.md",
            "644 usr/share/doc/\(name)/examples/prometheus/alerts.yaml",
        ]
        for file in expected { #expect(ordinary[file]?.isEmpty == false, "\(file)") }
        #expect(ordinary.keys.allSatisfy { $0.hasPrefix("755 ") || $0.hasPrefix("644 ") })
        // One page for each command, for the program and for its help.
        let pages = ordinary.keys.filter { $0.hasSuffix(".1") }
        #expect(try pages.count == HelpText.all().count + 1)
    }

    /// Units of a host that has the program elsewhere, and examples, must not name where nothing is.
    @Test(arguments: ["/usr", "/usr/local", "/opt/doku"])
    func `what is installed names the program where it is`(prefix: String) throws {
        let installation = try Installation(prefix: prefix)
        func text(_ name: String) throws -> String {
            try String(contentsOf: installation.root.appending(path: "\(prefix)/\(name)"), encoding: .utf8)
        }
        let program = "\(prefix)/bin/doku-token-rotator"
        for unit in ["doku-token-rotator.service", "doku-token-rotator@.service"] {
            let lines = try text("lib/systemd/system/\(unit)").split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("ExecStart=\(program) ") }, "\(unit)")
            #expect(lines.contains { $0.hasPrefix("ExecPaths=\(program) ") }, "\(unit)")
        }
        let examples = "share/doc/doku-token-rotator/examples"
        let table = try text("\(examples)/cron/doku-token-rotator").split(separator: "\n")
        let path = try #require(table.first { $0.hasPrefix("PATH=") })
        #expect(path.dropFirst(5).split(separator: ":").first.map { "\($0)/doku-token-rotator" } == program)
        let schema = try text("\(examples)/example.yaml").firstMatch(of: #/\$schema=(\S+)/#)
        let named = installation.root.appending(path: String(try #require(schema).output.1))
        #expect(try Data(contentsOf: named) == Data(contentsOf: Self.schema))
        if prefix != "/usr/local" {
            let made = try installation.directory.run("/bin/grep", ["-rlIF", "/usr/local", installation.root.path])
            let mentions = String(decoding: made.standardOutput, as: UTF8.self).split(separator: "\n")
                .filter { !$0.hasSuffix(".md") && !$0.contains("/share/man/") && !$0.hasSuffix("/example.yaml") }
            // The uploader stands for a program of the operator.
            #expect(mentions.filter { !$0.hasSuffix("/examples/systemd/uploader.service") } == [])
        }
    }

    /// A system unit sees no home, and an ordinary user adds no users.
    @Test func `in a home, there are units for the user's systemd alone`() throws {
        let installation = try Installation(prefix: "/home/kasir/.local", home: "/home/kasir")
        let names = try installation.contents().keys.map { String($0.split(separator: " ")[1]) }
        let units = names.filter { $0.hasSuffix(".service") || $0.hasSuffix(".timer") }
            .filter { !$0.contains("/examples/") }
        let user = "home/kasir/.local/share/systemd/user/doku-token-rotator"
        #expect(units.sorted() == ["\(user).service", "\(user).timer"])
        #expect(names.allSatisfy { !$0.hasPrefix("home/kasir/.local/lib") })
        let unit = try String(
            contentsOf: installation.root.appending(path: "\(user).service"), encoding: .utf8)
        #expect(unit.contains("\nExecStart=/home/kasir/.local/bin/doku-token-rotator "))
    }

    private static let schema = Repository.url("config/schema.json")

    /// Words that a formatter would take for its own: they must come out as they went in.
    @Test(arguments: [
        ".Sh begins no section", "'br breaks no line", #"back\slash, \fBno bold\fP, \(em"#, "No Ar Fl are words here",
        "an apostrophe's, \"quotes\", `code-like --words-x`", "Ends. Begins. e.g. this; a/b-c, x_y-z, $V-W",
        "~/.x ^ and |, ., : alone . , : end", "a, b … and more – than Rp 1.000 für Ümläute",
    ])
    func `no words of a command are taken for a formatter's own`(words: String) throws {
        let directory = try TemporaryDirectory()
        let argument: [String: Any] = [
            "kind": "option", "shouldDisplay": true, "isOptional": true, "isRepeating": true, "abstract": words,
            "valueName": "No", "names": [["kind": "long", "name": "ar-x"]], "defaultValue": "Op",
            "preferredName": ["kind": "long", "name": "ar-x"],
        ]
        let command: [String: Any] = [
            "commandName": "doku-token-rotator", "abstract": words, "shouldDisplay": true, "arguments": [argument],
            "discussion": "\(words)\n\nEXIT STATUS:\n  0    \(words)\n  Xr   \(words)",
        ]
        let dump = try JSONSerialization.data(withJSONObject: ["serializationVersion": 0, "command": command])
        try dump.write(to: directory.url.appending(path: "dump.json"))
        try directory.write("endpoint: \"\(words)\"\n.Sh\n'br\n\\e\n", to: "example.yaml")
        let builds = BuiltProgram.directory
        let made = try directory.run(
            "/bin/sh",
            ["-c", "exec '\(builds)/manual-pages' --date 'January 2, 2026' --example example.yaml man <dump.json"])
        #expect(made.status == 0, "\(String(decoding: made.standardError, as: UTF8.self))")

        let linted = try directory.run(
            "/usr/bin/mandoc",
            ["-Tlint", "-W", "warning", "man/man1/doku-token-rotator.1", "man/man5/doku-token-rotator.yaml.5"])
        #expect(linted.status == 0, "\(String(decoding: linted.standardOutput, as: UTF8.self))")
        for formatter in ["mandoc -Tutf8", "groff -mandoc -ww -Tutf8 -P -cbou"] {
            let shown = try directory.run(
                "/bin/sh", ["-c", "\(formatter) man/man1/doku-token-rotator.1"])
            #expect(String(decoding: shown.standardError, as: UTF8.self) == "", "\(formatter)")
            let said = String(decoding: shown.standardOutput, as: UTF8.self).replacing(#/.\u{8}/#, with: "")
                .replacing("’", with: "'").split { $0.isWhitespace }.joined(separator: " ")
            let expected = words.replacing("…", with: "...").replacing("`", with: "")
                .split { $0.isWhitespace }.joined(separator: " ")
            // The name's line, the description (of abstract and discussion), the option, two exit statuses.
            #expect(said.ranges(of: expected).count >= 5, "\(formatter): \(said)")
            #expect(said.contains("--ar-x No ... \(expected) The default is Op."), "\(formatter): \(said)")
            #expect(said.contains("Xr \(expected)"), "\(formatter): \(said)")
        }
    }
}
