// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct PublishingTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func publish(_ text: String, _ name: String = "token", mode: UInt32 = 0o600) throws {
        let directory = try Directory(path: folder.path)
        try directory.publish(Array(text.utf8), name: name, attributes: PublishedAttributes(mode: mode))
        try directory.synchronize()
    }

    @Test func `a new file has the published content, and no temporary file is left`() throws {
        try publish("new")
        #expect(folder.text("token") == "new")
        #expect(folder.names == ["token"])
    }

    @Test func `an existing file is handled as usual, even if a new one was expected`() throws {
        let directory = try Directory(path: folder.path)
        func publish(_ name: String) throws {
            try directory.publish(Array("new".utf8), name: name, attributes: privateMode, isNew: true)
        }
        try publish("absent")
        try folder.write("old", to: "file")
        try publish("file")
        #expect((folder.text("absent"), folder.text("file")) == ("new", "new"))
        #expect(unsafe symlink("victim", folder.path("link")) == 0)
        try folder.makeDirectory("directory")
        for name in ["link", "directory", "..", "directory/file", "a\0b"] {
            #expect(throws: FileError.self) { try publish(name) }
        }
        #expect(folder.names == ["absent", "directory", "file", "link"])
    }

    @Test(arguments: [0, 1, 4096, 1 << 20])
    func `every size is written completely`(size: Int) throws {
        let contents = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let directory = try Directory(path: folder.path)
        try directory.publish(contents, name: "token", attributes: privateMode)
        #expect(FileManager.default.contents(atPath: folder.path("token")) == Data(contents))
    }

    @Test(arguments: [0o600, 0o640, 0o644, 0o444, 0o000, 0o777] as [UInt32])
    func `the mode is exactly the requested one`(mode: UInt32) throws {
        try folder.write("old", to: "token", mode: 0o666)
        try publish("new", mode: mode)
        #expect(try folder.status("token").st_mode & 0o7777 == mode)
    }

    @Test(.enabled(if: isRoot, "changing owners needs root"))
    func `owner and group are exactly the requested ones`() throws {
        let directory = try Directory(path: folder.path)
        try directory.publish([1], name: "a", attributes: .init(mode: 0o640, owner: 65534, group: 12))
        try directory.publish([1], name: "b", attributes: .init(mode: 0o640, group: 12))
        let (a, b) = (try folder.status("a"), try folder.status("b"))
        #expect((a.st_uid, a.st_gid, a.st_mode & 0o7777) == (65534, 12, 0o640))
        #expect((b.st_uid, b.st_gid) == (0, 12))
    }

    @Test func `other hard links keep the old content`() throws {
        try folder.write("old", to: "token")
        #expect(unsafe link(folder.path("token"), folder.path("second")) == 0)
        try publish("new")
        #expect(folder.text("token") == "new")
        #expect(folder.text("second") == "old")
    }

    @Test func `a reader with the old file open continues to read it`() throws {
        try folder.write("old", to: "token")
        let reader = try #require(FileHandle(forReadingAtPath: folder.path("token")))
        try publish("new")
        #expect(try reader.readToEnd() == Data("old".utf8))
    }

    @Test func `a default access list of the directory does not open the file`() throws {
        guard try setDefaultAccessList(of: folder.path) else {
            print("skipped: no Python to set an access list, or no access lists here")
            return
        }
        try folder.makeDirectory("shows that it is inherited")
        #expect(try hasAccessList(folder.path("shows that it is inherited")))
        try publish("new", mode: 0o640)
        #expect(try folder.status("token").st_mode & 0o7777 == 0o640)
        #expect(try !hasAccessList(folder.path("token")))
    }

    @Test(arguments: ["", ".", "..", "a/b", "/a", "a\0b", String(repeating: "n", count: 234)])
    func `an invalid name is refused`(name: String) throws {
        #expect(fileError { try publish("new", name) }?.reason == .invalidName)
        #expect(folder.names == [])
    }

    @Test func `the longest valid name is published`() throws {
        let name = String(repeating: "n", count: 233)
        try publish("new", name)
        #expect(folder.text(name) == "new")
    }

    @Test func `an existing temporary name is skipped and its target unchanged`() throws {
        let counter = Counter()
        let planted = (0..<3).map { TemporaryName(for: "token", random: $0).text }
        try folder.write("victim", to: "victim")
        try folder.write("planted", to: planted[0])
        folder.link(planted[1], to: "victim")
        folder.link(planted[2], to: "nowhere")
        let directory = try Directory(path: folder.path)
        try directory.publish(Array("new".utf8), name: "token", attributes: privateMode, random: counter.next)
        #expect(folder.text("token") == "new")
        #expect(folder.text("victim") == "victim")
        #expect(folder.text(planted[0]) == "planted")
        #expect(Set(folder.names) == Set(planted + ["token", "victim"]))
    }

    @Test func `sixteen existing temporary names end the attempt and are kept`() throws {
        let counter = Counter()
        let planted = (0..<16).map { TemporaryName(for: "token", random: $0).text }
        for name in planted { try folder.write("planted", to: name) }
        try folder.write("old", to: "token")
        let directory = try Directory(path: folder.path)
        let error = fileError {
            try directory.publish([1], name: "token", attributes: privateMode, random: counter.next)
        }
        #expect(error?.operation == .create)
        #expect(error?.errorNumber == EEXIST)
        #expect(folder.text("token") == "old")
        #expect(Set(folder.names) == Set(planted + ["token"]))
    }

    @Test func `a file that is not published is removed`() throws {
        let directory = try Directory(path: folder.path)
        do {
            let pending = try PendingFile.create(in: directory, target: "token") { 7 }
            try pending.write([1, 2, 3])
            #expect(folder.names.count == 1)
        }
        #expect(folder.names == [])
    }

    @Test func `a directory replaced by a link gets nothing through the link`() throws {
        try folder.makeDirectory("real")
        try folder.makeDirectory("trap")
        let directory = try Directory(path: folder.path("real"))
        #expect(unsafe rename(folder.path("real"), folder.path("moved")) == 0)
        folder.link("real", to: "trap")
        try directory.publish(Array("new".utf8), name: "token", attributes: privateMode)
        #expect(folder.text("moved/token") == "new")
        #expect(folder.text("trap/token") == nil)
    }

    @Test func `readers see whole files only during writes`() async throws {
        let sizes = (old: 3_000, new: 70_000)
        try publish(String(repeating: "a", count: sizes.old))
        let path = folder.path("token")
        async let torn = Task.detached {
            (0..<2_000).reduce(0) { torn, _ in
                let bytes = FileManager.default.contents(atPath: path) ?? Data()
                let whole =
                    bytes.count == sizes.old && bytes.allSatisfy { $0 == UInt8(ascii: "a") }
                    || bytes.count == sizes.new && bytes.allSatisfy { $0 == UInt8(ascii: "b") }
                return torn + (whole ? 0 : 1)
            }
        }.value
        for round in 0..<50 {
            try publish(
                round.isMultiple(of: 2)
                    ? String(repeating: "b", count: sizes.new) : String(repeating: "a", count: sizes.old))
        }
        #expect(await torn == 0)
    }
}

/// Gives user 65534 all permissions in new files: user::rwx, user:65534:rwx, group::r-x, mask::rwx, other::---, in
/// the form of <linux/posix_acl_xattr.h>.
private func setDefaultAccessList(of path: String) throws -> Bool {
    let script = """
        import os, struct, sys
        nobody = 0xffffffff
        entries = [(1, 7, nobody), (2, 7, 65534), (4, 5, nobody), (16, 7, nobody), (32, 0, nobody)]
        packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        os.setxattr(sys.argv[1], "system.posix_acl_default", packed)
        """
    return try execute("python3", "-c", script, path) == 0
}

private func hasAccessList(_ path: String) throws -> Bool {
    let script = "import os, sys; sys.exit('system.posix_acl_access' not in os.listxattr(sys.argv[1]))"
    return try execute("python3", "-c", script, path) == 0
}

/// 0, 1, 2, …: predictable names of temporary files.
private final class Counter {
    private var value: UInt64 = 0

    func next() -> UInt64 {
        defer { value += 1 }
        return value
    }
}
