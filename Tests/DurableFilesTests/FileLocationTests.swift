// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct FileLocationTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    @Test(arguments: [
        ("/run/doku/a.token", "/run/doku", "a.token"), ("/a", "/", "a"), ("a", ".", "a"), ("d/a", "d", "a"),
        ("d//a", "d/", "a"), ("/ü/ö", "/ü", "ö"),
    ])
    func `a path is split at its last slash`(path: String, directory: String, name: String) throws {
        let location = try FileLocation(path: path)
        #expect(location.directory == directory)
        #expect(location.name == name)
    }

    @Test(arguments: [
        ("/run/doku/a.token", "/run/doku"), ("/a", "/"), ("a", "."), ("d/a", "d"), ("d//a", "d/"), ("/ü/ö", "/ü"),
    ])
    func `a location compares its directory exactly`(path: String, directory: String) throws {
        let location = try FileLocation(path: path)
        #expect(location.isIn(directory))
        // The second ü has another spelling, so it is another directory.
        for other in ["", "/", ".", "d", "e", "d/", "/run/dok", "/run/dokv", "/run/doku/", "/u\u{308}"]
        where other != directory || other == "/u\u{308}" {
            #expect(!location.isIn(other))
        }
    }

    @Test func `a name must not be a path`() throws {
        #expect(try FileLocation(name: "a.token").name == "a.token")
        for path in ["", ".", "..", "d/a", "/a", "a/", "a\0"] {
            #expect(fileError { _ = try FileLocation(name: path) }?.reason == .invalidName)
        }
    }

    @Test(arguments: ["", "/", "/a/", "/a/.", "/a/..", "/a\0/b"])
    func `a path without a file's name is refused`(path: String) {
        #expect(fileError { _ = try FileLocation(path: path) }?.reason == .invalidName)
    }

    @Test func `a file that is not a link keeps its location`() throws {
        try folder.write("x", to: "file")
        for name in ["file", "absent"] {
            let location = try FileLocation(path: folder.path(name))
            #expect(try location.followingSymlinks() == location)
        }
    }

    @Test func `a chain of relative and absolute links leads to the file and is kept`() throws {
        try folder.makeDirectory("real")
        try folder.makeDirectory("links")
        try folder.write("old", to: "real/token")
        folder.link("links/one", to: "../links/two")
        folder.link("links/two", to: folder.path("links/three"))
        folder.link("links/three", to: "../real/token")
        let location = try FileLocation(path: folder.path("links/one")).followingSymlinks()
        #expect(location.name == "token")
        try Directory(path: location.directory).publish(Array("new".utf8), name: location.name, attributes: privateMode)
        #expect(folder.text("real/token") == "new")
        #expect(folder.text("links/one") == "new")
        #expect(try folder.status("links/one").st_mode & S_IFMT == S_IFLNK)
    }

    @Test func `a link to a deleted file leads to its former location`() throws {
        try folder.makeDirectory("real")
        folder.link("link", to: "real/token")
        let location = try FileLocation(path: folder.path("link")).followingSymlinks()
        try Directory(path: location.directory).publish([65], name: location.name, attributes: privateMode)
        #expect(folder.text("real/token") == "A")
    }

    @Test func `a link to a missing or world-writable directory is refused`() throws {
        try folder.makeDirectory("open", mode: 0o777)
        folder.link("missing", to: "nowhere/token")
        folder.link("exposed", to: "open/token")
        let missing = fileError { _ = try FileLocation(path: folder.path("missing")).followingSymlinks() }
        let exposed = fileError { _ = try FileLocation(path: folder.path("exposed")).followingSymlinks() }
        #expect(missing?.reason == .directoryMissing)
        #expect(exposed?.reason == .directoryWritableByOthers)
    }

    @Test func `a loop of links is an error`() throws {
        folder.link("a", to: "b")
        folder.link("b", to: "a")
        let error = fileError { _ = try FileLocation(path: folder.path("a")).followingSymlinks() }
        #expect(error?.reason == .symlinkLoop)
    }

    @Test(.enabled(if: isRoot, "a link of another user needs root"))
    func `a link of another user in a sticky directory is not followed`() throws {
        try folder.makeDirectory("sticky", mode: 0o1777)
        try folder.write("victim", to: "victim")
        folder.link("sticky/link", to: folder.path("victim"))
        #expect(unsafe lchown(folder.path("sticky/link"), 65534, .max) == 0)
        let error = fileError { _ = try FileLocation(path: folder.path("sticky/link")).followingSymlinks() }
        #expect(error?.reason == .symlinkNotTrusted(owner: 65534))
    }
}
