// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

/// Each file system error keeps the old content, leaves no temporary file and has the right reason.
@Suite struct PublishingFaultTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func publish(_ contents: [UInt8], in path: String) -> FileError? {
        fileError {
            try Directory(path: path).publish(contents, name: "token", attributes: privateMode)
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"))
    func `a full file system keeps the old file`() throws {
        try withMount(["-t", "tmpfs", "-o", "size=64k,mode=700", "none"], at: folder.path) {
            try folder.write("old", to: "token")
            let error = publish([UInt8](repeating: 1, count: 200_000), in: folder.path)
            #expect(error?.operation == .write)
            #expect(error?.reason == .noSpace)
            #expect(folder.text("token") == "old")
            #expect(folder.names == ["token"])
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"))
    func `a file system without inodes keeps the old file`() throws {
        try withMount(["-t", "tmpfs", "-o", "nr_inodes=2,mode=700", "none"], at: folder.path) {
            try folder.write("old", to: "token")
            let error = publish([1], in: folder.path)
            #expect(error?.operation == .create)
            #expect(error?.reason == .noSpace)
            #expect(folder.text("token") == "old")
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"))
    func `a read-only file system is reported`() throws {
        try withMount(["-t", "tmpfs", "-o", "mode=700", "none"], at: folder.path) {
            try folder.write("old", to: "token")
            #expect(try execute("mount", "-o", "remount,ro", folder.path) == 0)
            #expect(publish([1], in: folder.path)?.reason == .readOnly)
            #expect(folder.text("token") == "old")
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"))
    func `a mount point is refused before anything is written`() throws {
        try folder.write("mounted", to: "source")
        try folder.write("old", to: "token")
        try withMount(["--bind", folder.path("source")], at: folder.path("token")) {
            let directory = try Directory(path: folder.path)
            let inspected = fileError { _ = try directory.inspect(name: "token", maximumSize: 100) }
            #expect(inspected?.reason == .isMountPoint)
            #expect(inspected?.description.contains("mount the directory instead") == true)
            #expect(publish([1], in: folder.path)?.reason == .isMountPoint)

            // If the check does not detect it, the rename does.
            let renamed = fileError {
                var pending = try PendingFile.create(in: directory, target: "token") { 7 }
                try pending.publish()
            }
            #expect(renamed?.operation == .rename)
            #expect(renamed?.reason == .isMountPoint)
            // If the kernel does not report it, the mount table does.
            #expect(MountTable.namesOfMountPoints(in: directory.descriptor) == ["token"])
            #expect(folder.text("token") == "mounted")
            #expect(folder.names == ["source", "token"])
        }
        #expect(folder.text("token") == "old")
    }

    @Test func `octal escapes of the mount table are decoded`() {
        #expect(MountTable.unescaped(Array(#"/a\040b\134c\011"#.utf8)) == Array("/a b\\c\t".utf8))
    }

    @Test(.enabled(if: isRoot, "chattr needs root"), arguments: ["token", "."])
    func `an immutable file is kept`(name: String) throws {
        try folder.write("old", to: "token")
        guard try execute("chattr", "+i", folder.path(name)) == 0 else {
            print("skipped: no immutable files on this file system")
            return
        }
        let error = publish([1], in: folder.path)
        #expect(try execute("chattr", "-i", folder.path(name)) == 0)
        #expect(error?.reason == .notPermitted)
        #expect(error?.operation == (name == "." ? .create : .rename))
        #expect(folder.text("token") == "old")
        #expect(folder.names == ["token"])
    }

    @Test func `a symbolic link, a directory and a pipe are not replaced`() throws {
        try folder.write("victim", to: "victim")
        folder.link("link", to: "victim")
        folder.link("dangling", to: "nowhere")
        folder.link("loop", to: "loop")
        try folder.makeDirectory("directory")
        #expect(unsafe mkfifo(folder.path("fifo"), 0o600) == 0)
        let before = folder.names
        let directory = try Directory(path: folder.path)
        let expected: [(String, FileError.Reason)] = [
            ("link", .isSymlink), ("dangling", .isSymlink), ("loop", .isSymlink),
            ("directory", .notARegularFile(.directory)), ("fifo", .notARegularFile(.fifo)),
        ]
        for (name, reason) in expected {
            let published = fileError { try directory.publish([1], name: name, attributes: privateMode) }
            let inspected = fileError { _ = try directory.inspect(name: name, maximumSize: 10) }
            #expect(published?.reason == reason)
            #expect(inspected?.reason == reason)
        }
        #expect(folder.names == before)
        #expect(folder.text("victim") == "victim")
    }

    @Test(.enabled(if: isRoot, "making devices needs root"))
    func `a device is not replaced`() throws {
        let nullDevice: dev_t = 1 << 8 | 3
        guard unsafe mknod(folder.path("device"), S_IFCHR | 0o600, nullDevice) == 0 else {
            print("skipped: this host does not let us make devices")
            return
        }
        let error = fileError {
            try Directory(path: folder.path).publish([1], name: "device", attributes: privateMode)
        }
        #expect(error?.reason == .notARegularFile(.characterDevice))
        #expect(folder.names == ["device"])
    }

    @Test func `the mode does not depend on the umask`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            let directory = try Directory(path: folder.path)
            for mask: mode_t in [0o000, 0o077, 0o777] {
                umask(mask)
                try directory.publish([1], name: "token", attributes: .init(mode: 0o640))
                #expect(try folder.status("token").st_mode & 0o7777 == 0o640)
            }
        }
    }

    @Test func `above the file size limit the old file is kept`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            try folder.write("old", to: "token")
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
            #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let error = fileError {
                try Directory(path: folder.path)
                    .publish([UInt8](repeating: 1, count: 2000), name: "token", attributes: privateMode)
            }
            #expect(error?.reason == .tooLarge)
            #expect(error?.operation == .write)
            #expect(folder.text("token") == "old")
            #expect(folder.names == ["token"])
        }
    }

    @Test func `without free descriptors the old file is kept`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            try folder.write("old", to: "token")
            let directory = try Directory(path: folder.path)
            var limit = rlimit()
            #expect(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let before = limit
            limit.rlim_cur = 0
            #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let error = fileError { try directory.publish([1], name: "token", attributes: privateMode) }
            limit = before
            #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(error?.reason == .tooManyOpenFiles)
            #expect(folder.text("token") == "old")
            #expect(folder.names == ["token"])
        }
    }

    @Test(.enabled(if: isRoot, "becoming another user needs root"))
    func `an unprivileged user gets the reason for each refusal`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryDirectory()
            try folder.makeDirectory("own")
            folder.setOwner(65534, of: "own")
            try folder.makeDirectory("roots", mode: 0o755)
            try folder.makeDirectory("sticky", mode: 0o1777)
            for name in ["own", "roots", "sticky"] { try folder.write("old", to: name + "/token", mode: 0o600) }
            #expect(unsafe chmod(folder.path, 0o755) == 0)
            #expect(setegid(65534) == 0)
            #expect(seteuid(65534) == 0)
            defer { #expect(seteuid(0) == 0) }

            let own = try Directory(path: folder.path("own"))
            let refused = fileError {
                try own.publish([1], name: "token", attributes: .init(mode: 0o640, owner: 12))
            }
            #expect(refused?.reason == .ownerRefused)
            guard let file = try own.inspect(name: "token", maximumSize: 10) else {
                Issue.record("the file is there")
                return
            }
            #expect(file.contents == .unreadable)
            #expect((file.mode, file.owner) == (0o600, 0))

            let roots = fileError {
                try Directory(path: folder.path("roots")).publish([1], name: "token", attributes: privateMode)
            }
            #expect(roots?.reason == .notPermitted)
            #expect(roots?.operation == .create)

            let sticky = fileError {
                try Directory(path: folder.path("sticky")).publish([1], name: "token", attributes: privateMode)
            }
            #expect(sticky?.reason == .notPermitted)
            #expect(sticky?.operation == .rename)
            #expect(seteuid(0) == 0)
            for name in ["own", "roots", "sticky"] {
                #expect(folder.text(name + "/token") == "old")
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(name))
                #expect(names == ["token"])
            }
        }
    }
}
