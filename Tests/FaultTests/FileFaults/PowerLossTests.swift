// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What is on the disk at a moment when the power fails: everything that the file system has handed to its device, and
/// nothing that it still keeps in memory.
///
/// The file system stands on a loop device, whose backing file holds exactly what was handed over. Runs follow one
/// upon the other; at a random moment the running one is killed, and the backing file is copied as it is, without an
/// unmount and without a sync. The copy is good where a second one is the same: nothing was written meanwhile. What a
/// disk's own volatile cache may lose is not part of it; the barriers for that are sent by the same two calls of fsync.
@Suite struct PowerLossTests {
    @Test(arguments: ["ext4", "xfs", "btrfs"])
    func `after a loss of power a token that was acknowledged, or a newer one, stands whole`(fileSystem: String) throws
    {
        let name = "power-loss images on \(fileSystem)"
        guard geteuid() == 0, Host.mayMount else { return Scoreboard.skipped(name, "it needs root and mounts") }
        let root = try TemporaryDirectory()
        let sandbox = try FaultStage.sandbox(in: root)
        let stage = try FaultStage(server: sandbox.url)
        let made = try stage.shell(Self.make[fileSystem] ?? "false")
        defer { _ = try? stage.shell("umount -l tokens; umount -l after; rm -f disk copy again") }
        guard made.status == 0 else {
            return Scoreboard.skipped(name, "no such file system can be made and mounted here")
        }
        try stage.publish()
        var scoreboard = Scoreboard(name, kinds: ["torn files", "lost tokens", "broken file systems"])
        for image in 0..<TestScale.choose(6, release: fileSystem == "ext4" ? 150 : 60) {
            let (acknowledged, others) = try self.writeAndDie(stage)
            let copied = try stage.shell(
                "for n in {1..50}; do cp --sparse=always disk copy; cmp -s disk copy && exit 0; done; exit 1")
            guard copied.status == 0 else { throw TestFailure("the disk was never still") }
            scoreboard.cases += 1
            let mounted = try stage.shell(
                "mkdir -p after; mount -o loop\(fileSystem == "xfs" ? ",nouuid" : "") copy after")
            guard mounted.status == 0 else {
                scoreboard.count("broken file systems")
                Issue.record("image \(image): \(String(decoding: mounted.standardError, as: UTF8.self))")
                continue
            }
            let found = try? Data(contentsOf: stage.directory.url.appending(path: "after/kopi"))
            try stage.shell("umount after || umount -l after")
            if let found, ReadToken.isWhole(found) {
                if found != acknowledged, !others.isNewer(found, than: acknowledged) {
                    scoreboard.count("lost tokens")
                    Issue.record("image \(image): the acknowledged token is lost, an older one is back")
                }
            } else {
                scoreboard.count("torn files")
                Issue.record("image \(image): \(found.map { "\($0.count) bytes" } ?? "no file")")
            }
        }
        scoreboard.report()
    }

    private static let make = [
        "ext4":
            "truncate -s 8M disk; mkfs.ext4 -q disk; mount -o loop disk tokens; chmod 755 tokens; rmdir tokens/lost+found",
        "xfs": "truncate -s 300M disk; mkfs.xfs -q disk; mount -o loop disk tokens && chmod 755 tokens",
        "btrfs": "truncate -s 110M disk; mkfs.btrfs -q disk; mount -o loop disk tokens && chmod 755 tokens",
    ]

    /// The tokens that were acknowledged before the last one.
    private struct Earlier {
        var tokens: Set<Data> = []

        func isNewer(_ token: Data, than acknowledged: Data) -> Bool { !tokens.contains(token) }
    }

    /// A few whole runs, then one that is killed: the token of the last whole run is acknowledged.
    private func writeAndDie(_ stage: FaultStage) throws -> (acknowledged: Data, earlier: Earlier) {
        var earlier = Earlier()
        var acknowledged = stage.contents ?? Data()
        for _ in 0..<Int.random(in: 1...3) {
            earlier.tokens.insert(acknowledged)
            guard try stage.run().status == 0, let token = stage.contents else {
                throw TestFailure("a run on the loop device fails")
            }
            acknowledged = token
        }
        // Half of the losses come right after an acknowledgement, the others in the middle of the next run.
        if Bool.random() {
            let next = try stage.start()
            usleep(UInt32.random(in: 0...60_000))
            next.signal(SIGKILL)
            _ = try next.ending(within: 60)
        }
        return (acknowledged, earlier)
    }
}
