// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Programs of this machine that read environment files.
enum ChildProgram {
    struct Result {
        let status: Int32
        let output: Data
        let errors: String

        /// The output of `env -0`, by name.
        var variables: [String: String] {
            let pairs = output.split(separator: 0).map { entry in
                let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                return (
                    String(decoding: parts[0], as: UTF8.self),
                    String(decoding: parts.dropFirst().joined(), as: UTF8.self)
                )
            }
            return Dictionary(pairs) { $1 }
        }
    }

    static func isThere(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first(where: isThere)
    }

    /// A Python with `module`: the one of DOKU_TEST_PYTHON or the first in PATH.
    static func python(importing module: String) -> String? {
        [ProcessInfo.processInfo.environment["DOKU_TEST_PYTHON"], find("python3")].compactMap { $0 }.first {
            (try? run($0, ["-B", "-c", "import \(module)"]))?.status == 0
        }
    }

    /// Runs a program with only PATH in its environment. Its standard error must fit in the buffer of a pipe.
    static func run(_ program: String, _ arguments: [String]) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: printed, errors: String(decoding: complained, as: UTF8.self))
    }
}

/// A temporary folder that is removed with its owner.
final class TestFolder {
    private let place: URL

    init() throws {
        place = FileManager.default.temporaryDirectory.appending(path: "token-rotation-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place.appending(path: "etc"), withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: place) }

    func path(_ name: String) -> String { place.appending(path: name).path(percentEncoded: false) }

    func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: place.appending(path: name))
    }
}
