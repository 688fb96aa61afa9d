// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The commands of a page, run as somebody would who follows it from its top to its end: in one shell, in a copy of what
/// the repository ships, with the built programs in `PATH`.
///
/// A `sh try` block is run as written, must succeed, and prints what the `text` block right behind it says, or nothing.
/// Words behind `try` are programs that a host may lack; `terminal` runs the block on a terminal. Every other `sh` block says what it takes that no test has
/// (``BlockNeed``): nothing is run that nobody meant to be run.
struct PageRun {
    /// What was wrong, a line each.
    var problems: [String] = []
    var blockCount = 0
    /// Blocks that were not run, by what was missing.
    var skipped: [String] = []

    init(of page: MarkdownPage) throws {
        let directory = try TemporaryDirectory()
        try Self.furnish(directory)
        let blocks = page.blocks.filter(\.isRunnable)
        for block in blocks {
            let missing = block.programs.filter { !Self.has($0) }
            guard missing.isEmpty else {
                skipped.append("\(page.name):\(block.line): no \(missing.joined(separator: ", "))")
                continue
            }
            try directory.write(block.text, to: ".blocks/\(Self.name(block)).sh")
            if block.isForTerminal { try directory.write("", to: ".blocks/\(Self.name(block)).terminal") }
        }
        blockCount = blocks.count - skipped.count
        guard blockCount > 0 else { return }

        let builds = BuiltProgram.directory
        let rotators = URL(filePath: BuiltProgram.rotator).deletingLastPathComponent().path
        let path = "\(rotators):\(builds):\(BuiltProgram.environment["PATH"] ?? "")"
        let ending = try directory.start(
            "/bin/bash", [Self.script.path, directory.path(".blocks")],
            environment: ["PATH": path, "LC_ALL": "C.UTF-8", "TMPDIR": directory.path(".temporary")]
        ).ending(within: Int(30 * TestScale.slowdown))
        for block in blocks {
            guard let said = try? String(contentsOf: Self.file(block, "out", directory), encoding: .utf8) else {
                continue
            }
            let isDone = FileManager.default.fileExists(atPath: Self.file(block, "done", directory).path)
            if !isDone {
                problems.append("\(page.name):\(block.line): ended with \(ending.status) and said:\n\(said)")
            } else if !PrintedText(block.expected ?? "").matches(said) {
                problems.append("\(page.name):\(block.line): printed\n\(said)")
            }
        }
        if problems.isEmpty && ending.status != 0 { problems.append("\(page.name): ended with \(ending.status)") }
    }

    private static let script = Repository.url("Tests/DocumentationTests/page")

    /// What a clone has that pages speak of.
    private static func furnish(_ directory: TemporaryDirectory) throws {
        let names = ["config", "systemd", "docs", "README.md"]
        let copied = try directory.run(
            "/bin/cp", ["-r"] + names.map { Repository.url($0).path } + [directory.url.path])
        guard copied.status == 0 else {
            throw TestFailure("cp: \(String(decoding: copied.standardError, as: UTF8.self))")
        }
        // Others may come this far, as they may in most places: `doctor` looks at the whole way to a token.
        try directory.setMode(0o755, of: "")
        for name in [".blocks", ".temporary"] { try directory.makeDirectory(name, mode: 0o755) }
    }

    private static func name(_ block: MarkdownPage.Block) -> String {
        String(repeating: "0", count: max(0, 5 - "\(block.line)".count)) + "\(block.line)"
    }

    private static func file(
        _ block: MarkdownPage.Block, _ kind: String, _ directory: TemporaryDirectory
    ) -> URL {
        directory.url.appending(path: ".blocks/\(name(block)).\(kind)")
    }

    private static func has(_ program: String) -> Bool {
        (BuiltProgram.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }
}

/// What a block takes that a test has not: it is read, but not run.
enum BlockNeed: String, CaseIterable {
    /// A host of its own, with systemd as its first process.
    case systemd
    case cron
    /// A cluster.
    case kubernetes
    /// A Debian to install packages on.
    case debian
    case container
    /// A clone, the time to build it, and a network.
    case build
    /// A host that is set up: with a configuration, users, and a way to DOKU.
    case host
}

extension MarkdownPage.Block {
    /// Whether a test runs it, where its programs are.
    var isRunnable: Bool { language == "sh" && words.first == "try" }

    /// Whether what it prints is what a terminal shows at the end.
    var isForTerminal: Bool { words.contains("terminal") }

    /// What it needs and a host may lack. util-linux's `script` makes a terminal.
    var programs: [String] { words.dropFirst().map { $0 == "terminal" ? "script" : $0 } }

    /// Whether its words are those that a block of commands may have.
    var isMarked: Bool {
        isRunnable
            ? Set(words.dropFirst()).isSubset(of: ["terminal", "systemd-analyze", "promtool", "jq", "kubectl"])
            : words.count == 1 && BlockNeed(rawValue: words[0]) != nil
    }
}

/// What a page says that a command prints. `…` stands for anything in a line, a line of it alone for any number of lines.
/// Times, durations, numbers of processes and ports, and run ids are as good as any others.
struct PrintedText {
    private let lines: [String]

    init(_ text: String) { lines = Self.lines(of: text) }

    func matches(_ text: String) -> Bool { Self.matches(lines[...], Self.lines(of: text)[...]) }

    private static func lines(of text: String) -> [String] {
        let variables = variables
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = String(line)
            for (pattern, word) in variables { line = line.replacing(pattern, with: word) }
            return line.split(separator: " ").joined(separator: " ")
        }.reversed().drop(while: \.isEmpty).reversed()
    }

    private static func matches(_ expected: ArraySlice<String>, _ found: ArraySlice<String>) -> Bool {
        guard let first = expected.first else { return found.isEmpty }
        if first == "…" {
            return (found.startIndex...found.endIndex).contains { matches(expected.dropFirst(), found[$0...]) }
        }
        guard let line = found.first, matches(line: line, pattern: first) else { return false }
        return matches(expected.dropFirst(), found.dropFirst())
    }

    private static func matches(line: String, pattern: String) -> Bool {
        let parts = pattern.components(separatedBy: "…")
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == pattern }
        guard line.hasPrefix(first), line.dropFirst(first.count).hasSuffix(last) else { return false }
        var rest = line.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    private static var variables: [(Regex<Substring>, String)] {
        [
            (#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, "ID"),
            (#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#, "TIME"),
            (#/127\.0\.0\.1:\d+/#, "ADDRESS"),
            (#/\b(?:\d+[dhm])*\d+(?:[dhms]|ms)\b/#, "DURATION"),
            (#/\b1[789]\d{8}\b/#, "SECONDS"),
            (#/\b\d+(?:\.\d+)? (?:ms|milliseconds)\b/#, "MILLISECONDS"),
            (#/"duration_ms": \d+/#, "DURATION_MS"),
        ]
    }
}
