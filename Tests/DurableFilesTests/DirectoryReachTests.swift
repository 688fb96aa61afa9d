// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

/// Access to directories of user 1111 and group 2222.
@Suite struct DirectoryReachTests {
    private static let owner: UInt32 = 1111
    private static let group: UInt32 = 2222

    /// The expected barrier of a test.
    enum Expected: Sendable {
        case none, certain, unlessInGroup
    }

    @Test(
        .enabled(if: isRoot),
        arguments: [
            (0o755, DirectoryReach.Reader.group(2222), Expected.none), (0o750, .group(2222), .none),
            (0o710, .group(2222), .none), (0o705, .group(2222), .certain), (0o700, .group(2222), .certain),
            (0o740, .group(2222), .certain),
            (0o755, .group(3333), .none), (0o711, .group(3333), .none), (0o750, .group(3333), .unlessInGroup),
            (0o754, .group(3333), .unlessInGroup), (0o700, .group(3333), .certain),
            (0o700, .user(1111), .none), (0o677, .user(1111), .certain), (0o755, .user(4444), .none),
            (0o750, .user(4444), .unlessInGroup), (0o700, .user(4444), .certain), (0o000, .user(0), .none),
        ] as [(mode_t, DirectoryReach.Reader, Expected)])
    func `the bits of the reader's class decide`(
        mode: mode_t, reader: DirectoryReach.Reader, expected: Expected
    ) throws {
        let folder = try TemporaryDirectory()
        #expect(unsafe chmod(folder.path, 0o755) == 0)
        try folder.makeDirectory("outer")
        try folder.makeDirectory("outer/inner", mode: 0o755)
        // The path as the kernel shows it, without a doubled slash.
        let outer = folder.path("outer").replacing("//", with: "/")
        #expect(unsafe chown(outer, Self.owner, Self.group) == 0)
        #expect(unsafe chmod(outer, mode) == 0)
        let wanted: DirectoryReach.Barrier? =
            switch expected {
            case .none: nil
            case .certain: DirectoryReach.Barrier(path: outer, othersGroup: nil)
            case .unlessInGroup: DirectoryReach.Barrier(path: outer, othersGroup: Self.group)
            }
        // The result is the same for the directory, a path below it, and a link to that.
        folder.link("link", to: "outer/inner")
        for path in [outer, outer + "/inner", folder.path("link")] {
            #expect(DirectoryReach.barrier(to: path, for: reader) == wanted)
        }
    }

    @Test func `the root has no barrier, and a missing path has no result`() {
        #expect(DirectoryReach.barrier(to: "/", for: .group(3333)) == nil)
        #expect(DirectoryReach.barrier(to: "/no/such/directory", for: .group(3333)) == nil)
    }
}

@Suite struct WriteProbeTests {
    @Test func `a write probe changes nothing, and returns the owner of a published file`() throws {
        let folder = try TemporaryDirectory()
        try folder.write("old", to: "token", mode: 0o640)
        let before = try folder.status("token")
        let directory = try Directory(path: folder.path)
        let ownership = try directory.probeWrite(name: "token", attributes: PublishedAttributes(mode: 0o644))
        #expect(ownership.user == geteuid())
        #expect(folder.names == ["token"])
        #expect(folder.text("token") == "old")
        let after = try folder.status("token")
        #expect(after.st_ino == before.st_ino && after.st_mode == before.st_mode)
        _ = try directory.probeWrite(name: "new", attributes: PublishedAttributes())
        #expect(folder.names == ["token"])
    }

    @Test func `a write probe names the directory in its error`() throws {
        let folder = try TemporaryDirectory()
        let directory = try Directory(path: folder.path)
        // A removed directory accepts no new file through its descriptor.
        try #require(unsafe rmdir(folder.path) == 0)
        let error = try #require(throws: FileError.self) {
            _ = try directory.probeWrite(name: "token", attributes: PublishedAttributes())
        }
        #expect(error.path == folder.path)
        #expect(error.operation == .create)
    }

    @Test(.enabled(if: !isRoot)) func `an owner that cannot be set is an error`() throws {
        let folder = try TemporaryDirectory()
        let directory = try Directory(path: folder.path)
        #expect(throws: FileError.self) {
            _ = try directory.probeWrite(name: "token", attributes: PublishedAttributes(owner: 0))
        }
        #expect(folder.names.isEmpty)
    }

    @Test(.enabled(if: isRoot)) func `the requested group is the group of the file`() throws {
        let folder = try TemporaryDirectory()
        let directory = try Directory(path: folder.path)
        let given = try directory.probeWrite(name: "token", attributes: PublishedAttributes(owner: 1111, group: 2222))
        #expect(given == FileOwnership(user: 1111, group: 2222))
    }
}
