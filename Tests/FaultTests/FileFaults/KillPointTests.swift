// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The program is killed at the entry of every system call of a publication, one after the other.
@Suite struct KillPointTests {
    @Test func `a kill at any system call leaves the old token or the new one, and the next run sweeps`() throws {
        guard geteuid() == 0 else {
            // Which file a call is about stands in memory that the program closes to others, its tracer included.
            return Scoreboard.skipped("kill at every system call", "it needs root")
        }
        let root = try TemporaryDirectory()
        let walker = try Tool.build("Walker/walker.c", as: "walker", [], in: root)
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url, output: "mode: \"0640\", group: \"1\"")
        try stage.publish()
        // From the temporary file on, or from the configuration on, which is all that the program does.
        let trigger = TestScale.isRelease ? "config.yaml" : ".kopi."
        var scoreboard = Scoreboard("kill at every system call")
        defer { scoreboard.report() }
        var leftovers = 0
        walk: for number in 1...2000 {
            let before = stage.contents
            let ending = try stage.run(before: [walker, trigger, "\(number)"])
            let after = stage.contents
            switch ending.status {
            case 0: break walk
            case 77:
                Scoreboard.skipped("kill at every system call", "this host does not let processes be traced")
                return
            case 137: break
            default:
                scoreboard.count("wrong exit codes")
                Issue.record("killed at call \(number), it ends with \(ending.status)")
            }
            scoreboard.cases += 1
            if let after, after == before || ReadToken.isWhole(after) {
            } else {
                scoreboard.count("torn files")
                Issue.record("killed at call \(number), it leaves \(after?.count ?? -1) bytes")
            }
            leftovers += stage.temporaries.count
            let next = try stage.run([])
            if next.status != 0 || !stage.temporaries.isEmpty {
                scoreboard.count("leftovers")
                Issue.record(
                    "killed at call \(number), the next run ends with \(next.status), left: \(stage.temporaries)")
            }
        }
        // A walk that never met a temporary file has missed the publication.
        #expect(leftovers > 5)
        #expect(scoreboard.cases > 15)
    }

    /// Sandboxes forbid the call, and it is not needed.
    @Test(.enabled(if: geteuid() == 0, "the program shows its descriptors to root alone"))
    func `a file that already has its owner and group is not given them`() throws {
        let root = try TemporaryDirectory()
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(
            server: sandbox.url, output: "mode: \"0640\", owner: \"\(geteuid())\", group: \"2345\"")
        try stage.shell("chgrp 2345 tokens && chmod g+s tokens")
        try stage.publish()
        let log = root.path("calls")
        let ending = try stage.run(before: [
            "strace", "-f", "-y", "-e", "trace=chown,fchown,fchownat,fchmod", "-o", log,
        ])
        #expect(ending.status == 0)
        let calls = try String(contentsOfFile: log, encoding: .utf8)
        #expect(calls.contains("fchmod("))
        #expect(!calls.contains("chown"))
    }

    /// What makes each step safe is where it stands among the others: seen from the kernel.
    @Test(.enabled(if: geteuid() == 0, "the program shows its descriptors to root alone"))
    func `the calls of a publication come in the order that makes it durable`() throws {
        let root = try TemporaryDirectory()
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(
            server: sandbox.url, output: "mode: \"0640\", owner: \"\(geteuid())\", group: \"1\"")
        try stage.publish()
        let log = root.path("calls")
        let traced =
            "openat,open,creat,write,fchown,fchmod,fsync,fdatasync,close,rename,renameat,renameat2,unlink,unlinkat,truncate,ftruncate"
        let ending = try stage.run(before: ["strace", "-f", "-y", "-s", "1", "-e", "trace=\(traced)", "-o", log])
        #expect(ending.status == 0)
        let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
        func first(_ pattern: String, after index: Int = -1) -> Int? {
            calls.indices.first { $0 > index && calls[$0].range(of: pattern, options: .regularExpression) != nil }
        }
        let temporary = #"/tokens/\.kopi\.[0-9a-f]{16}\.tmp>"#
        let created = try #require(
            first(
                #"openat\([0-9]+<[^>]*/tokens>, "\.kopi\.[0-9a-f]{16}\.tmp", O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600\)"#
            ))
        let written = try #require(first("write\\([0-9]+<[^>]*\(temporary)", after: created))
        let owned = try #require(first("fchown\\([0-9]+<[^>]*\(temporary)", after: created))
        let moded = try #require(first("fchmod\\([0-9]+<[^>]*\(temporary), 0640", after: owned))
        let synced = try #require(first("fsync\\([0-9]+<[^>]*\(temporary)", after: max(written, moded)))
        let closed = try #require(first("close\\([0-9]+<[^>]*\(temporary)", after: synced))
        let renamed = try #require(first(#"renameat2?\([0-9]+<[^>]*/tokens>, "\.kopi\."#, after: closed))
        let kept = try #require(first(#"fsync\([0-9]+<[^>]*/tokens>"#, after: renamed))
        #expect(created < kept)
        // Nothing else ever touches the name, and the name is never opened for writing.
        #expect(first(#"unlink(at)?\(.*"kopi""#) == nil)
        #expect(first(#"openat?\(.*kopi", O_(WRONLY|RDWR)"#) == nil)
    }
}
