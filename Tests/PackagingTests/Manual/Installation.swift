// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// What `make install` puts into an empty directory, of the builds that stand beside the tests.
struct Installation {

    let directory: TemporaryDirectory
    /// What stands for `/` of the host.
    let root: URL
    var share: URL { root.appending(path: "usr/share") }
    var manual: URL { share.appending(path: "man") }
    var programs: String { root.appending(path: "usr/bin").path }

    /// - Parameters:
    ///   - umask: of whoever installs.
    ///   - prefix: below `root`; what reads manual pages and completions here expects `/usr`.
    ///   - home: of whoever installs.
    init(umask: String = "022", prefix: String = "/usr", home: String = "/root") throws {
        directory = try TemporaryDirectory()
        // A blank, which a path may have.
        root = directory.url.appending(path: "a host")
        let builds = BuiltProgram.directory
        // `-o` takes what it names for made.
        let script = """
            umask "$1"; shift; exec make --silent --directory "$@"
            """
        let made = try directory.start(
            "/bin/sh",
            [
                "-c", script, "sh", umask, Repository.root.path, "install", "-o", "manual", "BUILD=\(builds)",
                "SHARE=\(directory.path("built share"))", "DESTDIR=\(root.path)", "PREFIX=\(prefix)",
            ], environment: ["SOURCE_DATE_EPOCH": "1795600800", "HOME": home]
        ).ending()
        guard made.status == 0, made.standardError.isEmpty else {
            throw TestFailure(
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
        guard formatted.status == 0 else { throw TestFailure("mandoc ended with \(formatted.status)") }
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
