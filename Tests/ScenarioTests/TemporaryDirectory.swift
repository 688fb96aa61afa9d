// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory that is gone when its owner is.
final class TemporaryDirectory: Sendable {
    let url: URL
    private let scratch: URL

    init() throws {
        let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "scenario-\(UUID().uuidString)")
        url = root.appending(path: "work")
        scratch = root.appending(path: "scratch")
        for directory in [url, scratch] {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: url.deletingLastPathComponent())
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file that only its owner may read.
    func write(_ text: String, to name: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    }

    func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], holdsInput: Bool = false
    ) throws -> ChildProcess {
        try ChildProcess(
            program, arguments, environment: BuiltProgram.environment.merging(environment) { $1 }, directory: url,
            scratch: scratch, holdsInput: holdsInput)
    }

    func run(_ program: String, _ arguments: [String]) throws -> ChildProcess.Ending {
        try start(program, arguments).ending(within: ScenarioRun.patience)
    }

    /// A running sandbox with these brands.
    func sandbox(brands: Data, flags: [String] = []) throws -> Sandbox {
        try Sandbox(brands: brands, flags: flags, scratch: scratch)
    }
}
