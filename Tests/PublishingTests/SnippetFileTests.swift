// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Processes
import TestSupport
import Testing

@testable import Publishing

/// An environment file that two brands share, on a real disk.
@Suite struct SnippetFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private static let names = ["kopi", "teh"]

    /// A snippet with `KOPI` for BRN-kopi and `TEH` for BRN-teh.
    private func snippet(dialect: EnvironmentDialect = .dotenv) -> SnippetFile {
        let entries = Self.names.map { name in
            let brand = Brand(
                name: name, clientID: "BRN-\(name)", secret: .environment(variable: "UNUSED"), times: .unsaid,
                outputs: [])
            return Snippet.Entry(brand: brand, variable: name.uppercased())
        }
        let snippet = Snippet(
            path: folder.path("tokens.env"), dialect: dialect, entries: entries,
            attributes: FileAttributes(), symlinks: .refuse)
        let directories = OutputDirectories(pool: WorkerPool(width: 4), patience: .seconds(10))
        return SnippetFile(snippet, in: directories, collision: nil)
    }

    private func token(of name: String, left: Int64 = 3600) throws -> Token {
        try Sample.token(Sample.jwt(left: left, clientID: "BRN-\(name)"))
    }

    private func publish(
        _ lines: [(variable: String, token: Token)], dialect: EnvironmentDialect = .dotenv
    ) throws {
        let text = lines.compactMap { dialect.assignment($0.variable, $0.token.text) }.map { "\($0)\n" }.joined()
        try folder.write(text, to: "tokens.env")
    }

    private var published: [String: String] {
        let text = folder.text("tokens.env") ?? ""
        return EnvironmentDialect.dotenv.assignments(in: text.utf8).mapValues { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `the first write creates the file with its mode and only the new tokens`() throws {
        let (file, new) = (snippet(), try token(of: "teh"))
        file.read()
        let outcomes = try #require(file.write(["teh": new], isLast: true, barrier: nil))
        #expect(outcomes.map(\.output.kind) == [.written, .written])
        #expect(published == ["TEH": new.text])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("tokens.env"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a brand without a new token keeps its last good one`() throws {
        let (old, new) = (try token(of: "kopi", left: 60), try token(of: "teh"))
        try publish([("KOPI", old), ("TEH", try token(of: "teh", left: -60))])
        let file = snippet()
        file.read()
        _ = file.write(["teh": new], isLast: true, barrier: nil)
        #expect(published == ["KOPI": old.text, "TEH": new.text])
    }

    @Test func `a token is kept when its variable and the dialect change`() throws {
        let (old, new) = (try token(of: "kopi"), try token(of: "teh"))
        try publish([("OLD_NAME", old)], dialect: .posix)
        let file = snippet()
        file.read()
        _ = file.write(["teh": new], isLast: true, barrier: nil)
        #expect(published == ["KOPI": old.text, "TEH": new.text])
    }

    @Test func `a token that names another brand is never kept`() throws {
        let new = try token(of: "teh")
        try publish([("KOPI", try token(of: "foreign")), ("OTHER", try token(of: "foreign"))])
        let file = snippet()
        file.read()
        _ = file.write(["teh": new], isLast: true, barrier: nil)
        #expect(published == ["TEH": new.text])
    }

    @Test func `a token that the dialect cannot carry fails only its brand`() throws {
        let (old, new) = (try token(of: "kopi"), try token(of: "teh"))
        try publish([("KOPI", old)])
        let file = snippet()
        file.read()
        let unrepresentable = try Sample.token("it's-not-for-dotenv")
        let outcomes = try #require(file.write(["kopi": unrepresentable, "teh": new], isLast: true, barrier: nil))
        #expect(outcomes.map(\.brand) == Self.names)
        #expect(outcomes.map(\.output.kind) == [.failed, .written])
        #expect(outcomes.first?.output.message?.contains("cannot carry this token unchanged") == true)
        #expect(published == ["KOPI": old.text, "TEH": new.text])
    }

    @Test func `unchanged content is not written again but counts as written`() throws {
        let (file, new) = (snippet(), try token(of: "kopi"))
        file.read()
        _ = file.write(["kopi": new], isLast: false, barrier: nil)
        try folder.write("changed meanwhile", to: "tokens.env")
        let outcomes = try #require(file.write(["kopi": new], isLast: true, barrier: nil))
        #expect(outcomes.map(\.output.kind) == [.written, .written])
        #expect(folder.text("tokens.env") == "changed meanwhile")
    }

    @Test func `the barrier is passed before the file changes`() throws {
        try folder.write("", to: "tokens.env")
        let file = snippet()
        file.read()
        let place = folder.path("tokens.env")
        let barrier = WriteBarrier {
            #expect((try? Data(contentsOf: URL(filePath: place)))?.isEmpty == true)
            try? Data().write(to: URL(filePath: place + ".passed"))
        }
        _ = file.write(["kopi": try token(of: "kopi")], isLast: true, barrier: barrier)
        #expect(folder.text("tokens.env.passed") != nil)
        #expect(published.count == 1)
    }

    @Test func `an unreadable file is closed and never overwritten`() throws {
        // The file is larger than the limit, so nothing is read.
        try folder.write("", to: "tokens.env")
        let handle = try #require(FileHandle(forWritingAtPath: folder.path("tokens.env")))
        try handle.truncate(atOffset: 64 << 20)
        try handle.close()
        let file = snippet()
        file.read()
        #expect(file.failure?.code == .outputRefused)
        let brand = Brand(
            name: "kopi", clientID: "BRN-kopi", secret: .environment(variable: "UNUSED"), times: .unsaid, outputs: [])
        let snapshot = try #require(file.snapshots(of: brand).first)
        guard case .noToken(.inaccessible) = snapshot.state else {
            Issue.record("\(snapshot.state)")
            return
        }
        let outcomes = try #require(file.write(["kopi": try token(of: "kopi")], isLast: true, barrier: nil))
        #expect(outcomes.map(\.output.kind) == [.refused, .refused])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("tokens.env"))
        #expect(attributes[.size] as? Int == 64 << 20)
    }

    @Test func `a file on a disk that does not respond is refused`() throws {
        // The disk never lets `read()` begin.
        let file = snippet()
        let outcomes = try #require(file.write(["kopi": try token(of: "kopi")], isLast: true, barrier: nil))
        #expect(outcomes.map(\.output.code) == [.diskHangs, .diskHangs])
        #expect(folder.text("tokens.env") == nil)
    }

    @Test func `a failed write is retried, and the last failure is reported`() throws {
        let file = snippet()
        file.read()
        // A folder now has the path of the file. It is not replaced.
        try FileManager.default.createDirectory(atPath: folder.path("tokens.env"), withIntermediateDirectories: false)
        let tokens = ["kopi": try token(of: "kopi")]
        #expect(file.write(tokens, isLast: false, barrier: nil)?.count == nil)
        let outcomes = try #require(file.write(tokens, isLast: true, barrier: nil))
        #expect(outcomes.map(\.output.kind) == [.failed, .failed])
    }
}
