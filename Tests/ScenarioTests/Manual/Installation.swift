// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What `make install` puts into an empty directory, of the builds that stand beside the tests.
struct Installation {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL

    let directory: TemporaryDirectory
    /// What stands for `/` of the host.
    let root: URL
    var share: URL { root.appending(path: "usr/share") }
    var manual: URL { share.appending(path: "man") }
    var programs: String { root.appending(path: "usr/bin").path }

    /// - Parameters:
    ///   - umask: of whoever installs.
    ///   - prefix: below `root`; what reads manual pages and completions here expects `/usr`.
    init(umask: String = "022", prefix: String = "/usr") throws {
        directory = try TemporaryDirectory()
        // A blank, which a path may have.
        root = directory.url.appending(path: "a host")
        let builds = URL(filePath: BuiltProgram.sandbox).deletingLastPathComponent().path
        // `-o` takes what it names for made.
        let script = """
            umask "$1"; shift; exec make --silent --directory "$@"
            """
        let made = try directory.start(
            "/bin/sh",
            [
                "-c", script, "sh", umask, Self.repository.path, "install", "-o", "manual", "BUILD=\(builds)",
                "SHARE=\(directory.path("built share"))", "DESTDIR=\(root.path)", "PREFIX=\(prefix)",
            ], environment: ["SOURCE_DATE_EPOCH": "1795600800"]
        ).ending(within: ScenarioRun.patience)
        guard made.status == 0, made.standardError.isEmpty else {
            throw ScenarioFailure(
                "make install ended with \(made.status): \(String(decoding: made.standardError, as: UTF8.self))")
        }
    }

    /// Each file and directory with its mode, and each file's bytes.
    func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
            let path = root.appending(path: name).path
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            let mode = String((facts[.posixPermissions] as? Int ?? 0) & 0o7777, radix: 8)
            let isDirectory = facts[.type] as? FileAttributeType == .typeDirectory
            found["\(mode) \(name)"] = isDirectory ? Data() : try Data(contentsOf: URL(filePath: path))
        }
        return found
    }

    /// What a formatter makes of a page, without the overstriking that stands for bold and underlined type.
    func text(of page: URL) throws -> String {
        let formatted = try directory.run("/usr/bin/mandoc", ["-Tascii", page.path])
        guard formatted.status == 0 else { throw ScenarioFailure("mandoc ended with \(formatted.status)") }
        return String(decoding: formatted.standardOutput, as: UTF8.self).replacing(#/.\u{8}/#, with: "")
    }

    func pages() throws -> [URL] {
        try ["man1", "man5"].map { manual.appending(path: $0) }.flatMap {
            try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }.sorted { $0.path < $1.path }
    }

    func page(_ command: HelpText) -> URL {
        manual.appending(path: "man1/\(command.words.joined(separator: "-")).1")
    }
}

/// A command as its `--help` shows it to people: what pages and completions are held against.
struct HelpText {
    let words: [String]
    /// All spellings, dashes included.
    let options: Set<String>
    let subcommands: [String]
    /// What an option accepts, where the help lists it.
    let values: [String: Set<String>]

    /// The program and each command below it, whatever there is.
    static func all() throws -> [HelpText] {
        let directory = try TemporaryDirectory()
        func read(_ words: [String]) throws -> [HelpText] {
            let said = try directory.run(BuiltProgram.rotator, words.dropFirst() + ["--help"])
            // Plugins of monitoring systems do not end with 0 then.
            let text = String(decoding: said.standardOutput, as: UTF8.self)
            guard text.hasPrefix("OVERVIEW: ") else { throw ScenarioFailure("\(words): --help says nothing") }
            let help = HelpText(words: words, text: text)
            return try [help] + help.subcommands.flatMap { try read(words + [$0]) }
        }
        return try read(["doku-token-rotator"])
    }

    private init(words: [String], text: String) {
        self.words = words
        var section = Substring()
        // An entry's head, and all that is said of it.
        var entries: [(section: Substring, head: Substring, text: String)] = []
        for line in text.split(separator: "\n") {
            if let title = line.firstMatch(of: #/^([A-Z]+):/#) {
                section = title.output.1
            } else if let head = line.firstMatch(of: #/^ {2}([a-z-].*?)( {2,}|> |$)/#) {
                entries.append((section, head.output.1, String(line)))
            } else if !entries.isEmpty {
                entries[entries.count - 1].text += " " + line.drop { $0 == " " }
            }
        }
        var options: Set<String> = []
        var values: [String: Set<String>] = [:]
        for entry in entries where entry.section == "OPTIONS" {
            let names = entry.head.optionNames
            options.formUnion(names)
            guard let listed = entry.text.firstMatch(of: #/\(values: (.*?)[;)]/#), let name = names.last else {
                continue
            }
            values[name] = Set(listed.output.1.split(separator: ", ").map(String.init))
        }
        subcommands = entries.filter { $0.section == "SUBCOMMANDS" }.compactMap {
            $0.head.split(separator: " ").first.map(String.init)
        }
        self.options = options
        self.values = values
    }
}

extension Substring {
    /// The options in the head of an entry, such as `-c, --config FILE`.
    var optionNames: [String] {
        split { " ,".contains($0) }.filter { $0.wholeMatch(of: #/--?[A-Za-z][\w-]*/#) != nil }.map(String.init)
    }
}
