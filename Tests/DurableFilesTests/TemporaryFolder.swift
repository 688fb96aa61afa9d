// SPDX-License-Identifier: Apache-2.0

import DurableFiles
import Foundation
import Glibc
import Testing

/// A temporary folder that is removed with its owner, and short ways to inspect it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/durable-files.XXXXXX").utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
        #expect(unsafe chmod(path(name), mode) == 0)
    }

    func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func makeDirectory(_ name: String, mode: mode_t = 0o700, owner: uid_t? = nil) throws {
        #expect(unsafe mkdir(path(name), 0o700) == 0)
        #expect(unsafe chmod(path(name), mode) == 0)
        if let owner { #expect(unsafe chown(path(name), owner, .max) == 0) }
    }

    func link(_ name: String, to target: String) {
        #expect(unsafe symlink(target, path(name)) == 0)
    }

    func status(_ name: String) throws -> stat {
        var status = stat()
        try #require(unsafe lstat(path(name), &status) == 0)
        return status
    }

    /// The sorted names in the folder, leftovers included.
    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }
}

let isRoot = geteuid() == 0

/// Runs a program and waits for it.
@discardableResult
func execute(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
}

/// Mounts a file system during `body`. If it cannot be mounted here, the test reports that and does not fail.
func withMount(_ arguments: [String], at path: String, _ body: () throws -> Void) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["mount"] + arguments + [path]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        print("skipped: this host does not let us mount")
        return
    }
    defer { _ = try? execute("umount", "-l", path) }
    try body()
}

/// The error that a closure throws, as a `FileError`.
func fileError(_ body: () throws -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? FileError
    }
}

let privateMode = PublishedAttributes(mode: 0o600)
