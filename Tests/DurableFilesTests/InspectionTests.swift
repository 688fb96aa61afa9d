// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct InspectionTests {
    let folder: TemporaryDirectory
    let directory: Directory

    init() throws {
        folder = try TemporaryDirectory()
        directory = try Directory(path: folder.path)
    }

    private func inspect(_ name: String, maximumSize: Int = 1000) throws -> RegularFile? {
        try directory.inspect(name: name, maximumSize: maximumSize)
    }

    @Test func `a missing file is absent`() throws {
        #expect(try directory.inspect(name: "token", maximumSize: 10) == nil)
    }

    @Test func `contents, mode, owner and time of a file are read`() throws {
        try folder.write("hello", to: "token", mode: 0o640)
        let times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 123_456_789)]
        #expect(unsafe utimensat(AT_FDCWD, folder.path("token"), times, 0) == 0)
        let file = try #require(try inspect("token"))
        #expect(file.contents == .bytes(Array("hello".utf8)))
        #expect(file.mode == 0o640)
        #expect((file.owner, file.group) == (geteuid(), getegid()))
        #expect(file.modifiedSeconds == 1_700_000_000)
    }

    @Test(arguments: [(0, true), (9, true), (10, true), (11, false), (5000, false)])
    func `the limit is exact`(size: Int, fits: Bool) throws {
        try folder.write(String(repeating: "x", count: size), to: "token")
        let file = try #require(try inspect("token", maximumSize: 10))
        let whole = RegularFile.Contents.bytes([UInt8](repeating: UInt8(ascii: "x"), count: size))
        #expect(file.contents == (fits ? whole : .oversized))
    }

    @Test func `a socket is refused`() throws {
        // A socket address holds 108 bytes, too few for the whole path.
        let script = "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind('socket')"
        try #require(try execute("python3", "-c", script, folder.path) == 0)
        let error = fileError { _ = try directory.inspect(name: "socket", maximumSize: 10) }
        #expect(error?.reason == .notARegularFile(.socket))
    }

    @Test func `ten thousand files are inspected without leaking a descriptor`() throws {
        try folder.write("x", to: "token")
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        for _ in 0..<10_000 { _ = try directory.inspect(name: "token", maximumSize: 10) }
        let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        // Other tests open files at the same time.
        #expect(after < before + 1000)
    }
}

@Suite struct SweepingTests {
    let folder: TemporaryDirectory
    let directory: Directory

    init() throws {
        folder = try TemporaryDirectory()
        directory = try Directory(path: folder.path)
    }

    @Test func `nothing is swept while another program publishes`() throws {
        let leftover = ".token.0123456789abcdef.tmp"
        try folder.write("x", to: leftover)
        do {
            let other = try Directory(path: folder.path)
            #expect(directory.sweep(names: ["token"]) == 0)
            directory.shareLock()
            #expect(other.sweep(names: ["token"]) == 0)
            #expect(folder.names == [leftover])
            // A directory that is open twice in one program is swept if both unlock it.
            other.unlock()
            #expect(directory.sweep(names: ["none"]) == 0)
            directory.shareLock()
            withExtendedLifetime(other) {}
        }
        // A reader does not block sweeping.
        let reader = try Directory(path: folder.path, use: .reading)
        #expect(directory.sweep(names: ["token"]) == 1)
        withExtendedLifetime(reader) {}
    }

    @Test func `the exclusive lock waits only until its deadline`() throws {
        let other = try Directory(path: folder.path, use: .sharing)
        let began = ContinuousClock.now
        directory.lock(waitingUntil: began + .milliseconds(120))
        #expect(ContinuousClock.now - began >= .milliseconds(120))
        withExtendedLifetime(other) {}
        // It publishes even without the lock.
        try directory.publish([0x78], name: "token", attributes: PublishedAttributes())
        #expect(folder.names == ["token"])
    }

    @Test func `leftovers of exactly the given names are removed`() throws {
        let leftovers = [".token.0123456789abcdef.tmp", ".a.b.ffffffffffffffff.tmp"]
        let others = [
            ".other.0123456789abcdef.tmp", "token", ".token", ".token.tmp", "token.0123456789abcdef.tmp",
            ".token.0123456789abcde.tmp", ".token.0123456789abcdefg.tmp", ".token.0123456789ABCDEF.tmp",
            ".token.0123456789abcdef.tmp~", ".token.0123456789abcdef.TMP", "..0123456789abcdef.tmp",
        ]
        for name in leftovers + others { try folder.write("x", to: name) }
        #expect(directory.sweep(names: ["token", "a.b", ""]) == 2)
        #expect(folder.names == others.sorted())
        #expect(directory.sweep(names: ["token", "a.b"]) == 0)
    }

    @Test func `linked files, other file types and files of other users are kept`() throws {
        let name = { (digit: Int) in TemporaryName(for: "token", random: UInt64(digit)).text }
        try folder.write("x", to: name(1))
        #expect(unsafe link(folder.path(name(1)), folder.path("second")) == 0)
        folder.link(name(2), to: "second")
        try folder.makeDirectory(name(3))
        #expect(unsafe mkfifo(folder.path(name(4)), 0o600) == 0)
        if isRoot {
            try folder.write("x", to: name(5))
            #expect(unsafe chown(folder.path(name(5)), 65534, .max) == 0)
        }
        let before = folder.names
        #expect(directory.sweep(names: ["token"]) == 0)
        #expect(folder.names == before)
    }

    @Test func `the temporary file of a killed writer is recognised`() throws {
        var pending = try PendingFile.create(in: directory, target: "token") { 7 }
        try pending.write([1])
        #expect(folder.names.count == 1)
        #expect(directory.sweep(names: ["token"]) == 1)
        #expect(folder.names == [])
        // If its temporary file was swept, the writer gets an error and the target is unchanged.
        do throws(FileError) {
            try pending.publish()
            Issue.record("there is nothing to publish")
        } catch {
            #expect(error.errorNumber == ENOENT)
        }
        #expect(folder.names == [])
    }

    @Test func `ten thousand names are swept in one pass`() throws {
        let names = Set((0..<10_000).map { "brand-\($0).token" })
        for number in 0..<200 { try folder.write("x", to: TemporaryName(for: "brand-\(number).token", random: 7).text) }
        for number in 0..<200 { try folder.write("x", to: "brand-\(number).token") }
        #expect(directory.sweep(names: names) == 200)
        #expect(folder.names.count == 200)
    }
}
