// SPDX-License-Identifier: Apache-2.0

import Foundation
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
        ]
        for file in expected { #expect(ordinary[file]?.isEmpty == false, "\(file)") }
        #expect(ordinary.keys.allSatisfy { $0.hasPrefix("755 ") || $0.hasPrefix("644 ") })
        // One page for each command, for the program and for its help.
        let pages = ordinary.keys.filter { $0.hasSuffix(".1") }
        #expect(try pages.count == HelpText.all().count + 1)
    }

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
        let builds = URL(filePath: BuiltProgram.sandbox).deletingLastPathComponent().path
        let made = try directory.run(
            "/bin/sh",
            ["-c", "exec '\(builds)/manual-pages' --date 2026-01-02 --example example.yaml man <dump.json"])
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
