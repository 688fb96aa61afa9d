// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct InputFileTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    @Test func `a file can be read in full repeatedly`() throws {
        try folder.write("secret\n", to: "file")
        let file = try InputFile(path: folder.path("file"))
        for _ in 0..<2 { #expect(try file.read(maximumSize: 7) == Array("secret\n".utf8)) }
        #expect(file.size == 7)
    }

    @Test func `a file beyond the limit is too large`() throws {
        try folder.write("12345678", to: "file")
        let error = fileError { _ = try InputFile(path: folder.path("file")).read(maximumSize: 7) }
        #expect(error?.reason == .tooLarge)
    }

    @Test func `a file of unknown size is read completely`() throws {
        let status = try InputFile(path: "/proc/self/status").read(maximumSize: 1 << 16)
        #expect(status.starts(with: "Name:".utf8))
        let error = fileError { _ = try InputFile(path: "/proc/self/status").read(maximumSize: 10) }
        #expect(error?.reason == .tooLarge)
    }

    @Test(
        arguments: [
            (0o600, true, false), (0o400, true, false), (0o640, false, false), (0o602, false, true),
        ] as [(mode_t, Bool, Bool)])
    func `access by others is reported`(mode: mode_t, isPrivate: Bool, isWritable: Bool) throws {
        try folder.write("x", to: "file", mode: mode)
        let file = try InputFile(path: folder.path("file"))
        #expect(file.isPrivate == isPrivate)
        #expect(file.isWritableByOthers == isWritable)
    }

    @Test func `other file types are refused without waiting`() throws {
        #expect(unsafe mkfifo(folder.path("fifo"), 0o600) == 0)
        let kinds: [(String, FileKind)] = [
            (folder.path("fifo"), .fifo), (folder.path, .directory), ("/dev/null", .characterDevice),
        ]
        for (path, kind) in kinds {
            #expect(fileError { _ = try InputFile(path: path) }?.reason == .notARegularFile(kind))
        }
        #expect(fileError { _ = try InputFile(path: folder.path("none")) }?.reason == .missing)
        #expect(fileError { _ = try InputFile(path: "") }?.reason == .missing)
    }

    @Test func `a file that was replaced is no longer current`() throws {
        try folder.write("old", to: "file")
        let file = try InputFile(path: folder.path("file"))
        #expect(file.isCurrent)
        try folder.write("new", to: "next")
        #expect(unsafe rename(folder.path("next"), folder.path("file")) == 0)
        #expect(!file.isCurrent)
    }

    @Test func `a second lock fails at once, or waits until the first is released`() throws {
        try folder.write("", to: "file")
        var first: InputFile? = try InputFile(path: folder.path("file"))
        let second = try InputFile(path: folder.path("file"))
        #expect(try first?.lock() == true)
        #expect(try second.lock() == false)
        let start = ContinuousClock.now
        #expect(try second.lock(waitingUntil: start + .milliseconds(150)) == false)
        #expect(ContinuousClock.now - start >= .milliseconds(150))
        var asked = 0
        let far = ContinuousClock.now + .seconds(60)
        #expect(
            try second.lock(waitingUntil: far) {
                asked += 1
                return asked == 2
            } == false)
        let taken = try second.lock(waitingUntil: far) {
            first = nil
            return false
        }
        #expect(taken)
    }

    @Test func `the lock of another process is released when it ends`() throws {
        try folder.write("", to: "file")
        let holder = try folder.start(
            "flock", ["--no-fork", folder.path("file"), "sh", "-c", "echo held; exec cat"], holdsInput: true)
        #expect(try holder.firstLine() == "held")

        let file = try InputFile(path: folder.path("file"))
        #expect(try file.lock() == false)
        holder.signal(SIGKILL)
        #expect(try file.lock(waitingUntil: .now + .seconds(20)))
        #expect(try holder.ending().status == -SIGKILL)
    }
}

@Suite struct AccountNamesTests {
    @Test func `names and numbers are resolved`() throws {
        #expect(try AccountNames.userIdentifier(of: "root") == 0)
        #expect(try AccountNames.groupIdentifier(of: "root") == 0)
        #expect(try AccountNames.userIdentifier(of: "4242") == 4242)
        #expect(try AccountNames.groupIdentifier(of: "4294967294") == 4_294_967_294)
    }

    @Test(arguments: ["no-such-account", "", "4294967295", "-1", "1a", "a\0b"])
    func `an unknown account is an error`(name: String) {
        #expect(throws: AccountError(kind: .user, name: name, errorNumber: 0)) {
            try AccountNames.userIdentifier(of: name)
        }
        #expect(throws: AccountError(kind: .group, name: name, errorNumber: 0)) {
            try AccountNames.groupIdentifier(of: name)
        }
    }

    @Test(arguments: [AccountError.Kind.user, .group])
    func `an unknown account comes with the command that creates it`(kind: AccountError.Kind) {
        let words = "no \(kind) `uploader` on this host; correct the name, or create it: \(kind)add --system uploader"
        #expect("\(AccountError(kind: kind, name: "uploader", errorNumber: 0))" == words)
    }
}
