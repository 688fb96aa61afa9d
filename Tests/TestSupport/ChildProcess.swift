// SPDX-License-Identifier: Apache-2.0

package import Foundation
import Synchronization

/// A program that was started. It ends by itself, or is ended by its id; nothing of it outlives its owner.
package final class ChildProcess {
    /// What a program left when it ended.
    package struct Ending {
        /// The exit status, or minus the number of the signal that ended it.
        package var status: Int32
        package var standardOutput: Data
        package var standardError: Data
        /// From the start, or from the last signal sent to it.
        package var duration: Duration

        package var output: String { String(decoding: standardOutput, as: UTF8.self) }
        package var errors: String { String(decoding: standardError, as: UTF8.self) }
    }

    /// Nothing that is waited for may take longer, in seconds.
    package static let patience = 60

    private final class Clock: Sendable {
        let began = Mutex(ContinuousClock.now)
        let ended = Mutex<ContinuousClock.Instant?>(nil)
        let isOver = DispatchSemaphore(value: 0)
    }

    private let process = Process()
    private let clock = Clock()
    private let name: String
    private let outputFile: URL
    private let errorFile: URL
    /// Held for as long as this lives: a child that watches its standard input ends with us.
    private let input: Pipe?

    /// - Parameters:
    ///   - scratch: a directory for what the program prints; files, since a pipe may fill up.
    ///   - holdsInput: whether standard input stays open until this goes; otherwise it is `inputFile`, or empty.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: URL, scratch: URL,
        holdsInput: Bool = false, inputFile: URL? = nil
    ) throws {
        name = URL(filePath: executable).lastPathComponent
        let files = scratch.appending(path: "\(name)-\(UUID().uuidString)")
        outputFile = files.appendingPathExtension("stdout")
        errorFile = files.appendingPathExtension("stderr")
        input = holdsInput ? Pipe() : nil

        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = directory
        let output = try Self.newFile(outputFile)
        let error = try Self.newFile(errorFile)
        let given = try inputFile.map { try FileHandle(forReadingFrom: $0) }
        // The child has its own by then; `Process` would keep ours open for good, and reads past the end of a buffer
        // where a thousand are.
        defer {
            try? output.close()
            try? error.close()
            try? given?.close()
        }
        process.standardOutput = output
        process.standardError = error
        if let input { process.standardInput = input } else { process.standardInput = given ?? FileHandle.nullDevice }
        process.terminationHandler = { [clock] _ in
            clock.ended.withLock { $0 = .now }
            clock.isOver.signal()
        }
        clock.began.withLock { $0 = .now }
        try Self.withSignalsUnblocked { try process.run() }
    }

    /// The threads of dispatch block signals, and a child inherits that: nobody could end it but by SIGKILL.
    private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    deinit {
        guard process.isRunning else { return }
        // A program that watches its standard input ends by itself, and ends what it started.
        if input != nil {
            closeInput()
            if clock.isOver.wait(timeout: .now() + 5) == .success { return }
        }
        kill(process.processIdentifier, SIGKILL)
        _ = clock.isOver.wait(timeout: .now() + 10)
    }

    package var identifier: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }
    /// What it has printed by now.
    package var outputSoFar: Data { (try? Data(contentsOf: outputFile)) ?? Data() }
    package var errorsSoFar: String {
        String(decoding: (try? Data(contentsOf: errorFile)) ?? Data(), as: UTF8.self)
    }

    package func signal(_ number: Int32) {
        clock.began.withLock { $0 = .now }
        kill(process.processIdentifier, number)
    }

    /// The end of its standard input, if that was held.
    package func closeInput() { try? input?.fileHandleForWriting.close() }

    /// Waits for a first line on standard output, the sign of a server that is ready.
    /// - Returns: the line, without its end.
    /// - Throws: if the program ends before, or says nothing for `seconds`.
    package func firstLine(within seconds: Double = 30) throws -> String {
        try waitUntil(seconds, for: "the first line of \(name)") {
            outputSoFar.contains(UInt8(ascii: "\n")) || !process.isRunning
        }
        guard let end = outputSoFar.firstIndex(of: UInt8(ascii: "\n")) else {
            throw TestFailure("\(name) did not start: \(errorsSoFar.suffix(2000))")
        }
        return String(decoding: outputSoFar[..<end], as: UTF8.self)
    }

    /// Waits for the end.
    /// - Throws: if it takes longer than `seconds`; the program is killed then.
    package func ending(within seconds: Int = patience) throws -> Ending {
        let isOver = clock.isOver.wait(timeout: .now() + .seconds(seconds)) == .success
        if !isOver {
            kill(process.processIdentifier, SIGKILL)
            _ = clock.isOver.wait(timeout: .now() + 10)
        }
        // So that the end can be waited for again.
        clock.isOver.signal()
        let output = outputSoFar
        let error = (try? Data(contentsOf: errorFile)) ?? Data()
        guard isOver else {
            throw TestFailure(
                "\(name) had not ended after \(seconds) s and was killed; its standard error:\n"
                    + String(decoding: error.suffix(2000), as: UTF8.self))
        }
        let ended = clock.ended.withLock { $0 } ?? .now
        let status = process.terminationStatus
        return Ending(
            status: process.terminationReason == .exit ? status : -status, standardOutput: output,
            standardError: error, duration: ended - clock.began.withLock { $0 })
    }

    private static func newFile(_ url: URL) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw TestFailure("\(url.path) cannot be made") }
        return try FileHandle(forWritingTo: url)
    }
}
