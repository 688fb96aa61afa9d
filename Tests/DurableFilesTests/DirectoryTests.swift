// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct DirectoryTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    @Test(arguments: [0o700, 0o755, 0o770, 0o2775, 0o1777] as [mode_t])
    func `a directory that other users cannot change is accepted`(mode: mode_t) throws {
        try folder.makeDirectory("d", mode: mode)
        #expect(fileError { _ = try Directory(path: folder.path("d")) } == nil)
    }

    @Test(arguments: [0o777, 0o707, 0o702] as [mode_t])
    func `a world-writable directory is refused`(mode: mode_t) throws {
        try folder.makeDirectory("d", mode: mode)
        let error = fileError { _ = try Directory(path: folder.path("d")) }
        #expect(error?.reason == .directoryWritableByOthers)
        #expect(error?.description.contains("chmod o-w") == true)
    }

    @Test(.enabled(if: isRoot, "changing owners needs root"), arguments: [0o755, 0o1777] as [mode_t])
    func `a directory of another user is refused, sticky or not`(mode: mode_t) throws {
        try folder.makeDirectory("d", mode: mode)
        folder.setOwner(65534, of: "d")
        let error = fileError { _ = try Directory(path: folder.path("d")) }
        #expect(error?.reason == .directoryOfAnotherUser(65534))
    }

    @Test func `a missing directory, a file and a dangling link have different errors`() throws {
        try folder.write("", to: "file")
        folder.link("dangling", to: "nowhere")
        folder.link("loop", to: "loop")
        #expect(fileError { _ = try Directory(path: folder.path("none")) }?.reason == .directoryMissing)
        #expect(fileError { _ = try Directory(path: folder.path("file")) }?.reason == .notADirectory)
        #expect(fileError { _ = try Directory(path: folder.path("file/below")) }?.reason == .notADirectory)
        #expect(fileError { _ = try Directory(path: folder.path("dangling")) }?.reason == .directoryMissing)
        #expect(fileError { _ = try Directory(path: folder.path("loop")) }?.reason == .symlinkLoop)
    }

    @Test func `a link to a directory is followed`() throws {
        try folder.makeDirectory("real")
        folder.link("link", to: "real")
        try Directory(path: folder.path("link")).publish([65], name: "token", attributes: privateMode)
        #expect(folder.text("real/token") == "A")
    }

    @Test func `a path in a message has no control characters`() {
        let error = FileError(.open, "/a\n\u{1B}[31mb", errorNumber: ENOENT)
        #expect(error.description == "/a??[31mb: the file does not exist (open: No such file or directory)")
    }
}
