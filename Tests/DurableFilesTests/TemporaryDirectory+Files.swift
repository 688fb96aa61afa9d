// SPDX-License-Identifier: Apache-2.0

import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

/// Short ways to prepare what the tests of this module look at.
extension TemporaryDirectory {
    func setOwner(_ owner: uid_t, of name: String) {
        #expect(unsafe chown(path(name), owner, .max) == 0)
    }

    func link(_ name: String, to target: String) {
        #expect(unsafe symlink(target, path(name)) == 0)
    }

    func status(_ name: String) throws -> stat {
        var status = stat()
        try #require(unsafe lstat(path(name), &status) == 0)
        return status
    }
}

let isRoot = geteuid() == 0

/// Runs a program to its end.
@discardableResult
func execute(_ arguments: String...) throws -> Int32 {
    try TemporaryDirectory().run(arguments[0], Array(arguments.dropFirst())).status
}

/// Mounts for the length of `body`; what cannot be mounted here is said, not failed.
func withMount(_ arguments: [String], at path: String, _ body: () throws -> Void) throws {
    guard try TemporaryDirectory().run("mount", arguments + [path]).status == 0 else {
        print("skipped: this host does not let us mount")
        return
    }
    defer { _ = try? execute("umount", "-l", path) }
    try body()
}

/// What a closure throws, as the error of this module.
func fileError(_ body: () throws -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? FileError
    }
}

let privateMode = PublishedAttributes(mode: 0o600)

/// The same for a name in the directory.
extension Directory {
    func publish(
        _ contents: [UInt8], name: String, attributes: PublishedAttributes, isNew: Bool = false,
        random: () -> UInt64 = RandomNumbers.next
    ) throws(FileError) {
        try publish(contents, to: FileLocation(name: name), attributes: attributes, isNew: isNew, random: random)
    }

    func inspect(name: String, maximumSize: Int) throws(FileError) -> RegularFile? {
        try inspect(FileLocation(name: name), maximumSize: maximumSize)
    }

    func probeWrite(name: String, attributes: PublishedAttributes) throws(FileError) -> FileOwnership {
        try probeWrite(FileLocation(name: name), attributes: attributes)
    }
}
