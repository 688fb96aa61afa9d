// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A directory that is gone when its owner is, with short ways to fill it, to run programs in it, and to look at it.
package final class TemporaryDirectory: Sendable {
    package let url: URL
    /// For what programs print and are given: not seen in ``url``.
    package let scratch: URL

    package init() throws {
        let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "doku-test-\(UUID().uuidString)")
        url = root.appending(path: "work")
        scratch = root.appending(path: "scratch")
        // Its own mode alone says who may enter: nothing above is closed to others.
        for (directory, mode) in [(root, 0o755), (url, 0o700), (scratch, 0o700)] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory.path)
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: url.deletingLastPathComponent())
    }

    // MARK: Files

    package var path: String { url.path }

    package func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file, below directories that are made.
    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try setMode(mode, of: name)
    }

    /// The text of a file; nil if none can be read.
    package func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    package func makeDirectory(_ name: String, mode: mode_t = 0o700) throws {
        try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
        try setMode(mode, of: name)
    }

    package func setMode(_ mode: mode_t, of name: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: Int(mode)], ofItemAtPath: path(name))
    }

    /// What is in the directory, sorted: a leftover shows.
    package var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    // MARK: Programs

    /// Starts a program here. One without a slash is looked for in `PATH`.
    /// - Parameter input: what it reads; nothing, or an input that stays open, otherwise.
    package func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil,
        holdsInput: Bool = false
    ) throws -> ChildProcess {
        let command = program.contains("/") ? [program] + arguments : ["/usr/bin/env", program] + arguments
        let file = input == nil ? nil : scratch.appending(path: UUID().uuidString)
        if let file { try input?.write(to: file) }
        return try ChildProcess(
            command[0], Array(command.dropFirst()), environment: BuiltProgram.environment.merging(environment) { $1 },
            directory: url, scratch: scratch, holdsInput: holdsInput, inputFile: file)
    }

    /// Runs a program to its end.
    @discardableResult
    package func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil
    ) throws -> ChildProcess.Ending {
        // The directory stays until the program has ended.
        try withExtendedLifetime(self) {
            try start(program, arguments, environment: environment, input: input).ending()
        }
    }

    /// A running sandbox with these brands.
    package func sandbox(brands: Data, flags: [String] = []) throws -> Sandbox {
        try Sandbox(brands: brands, flags: flags, scratch: scratch)
    }
}
