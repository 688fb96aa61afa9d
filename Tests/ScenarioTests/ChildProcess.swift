// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// What a scenario finds wrong.
struct ScenarioFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A program that was started. It ends by itself, or is ended by its id; nothing of it outlives its owner.
final class ChildProcess {
    /// What a program left when it ended.
    struct Ending {
        /// The exit status, or minus the number of the signal that ended it.
        var status: Int32
        var standardOutput: Data
        var standardError: Data
        /// From the start, or from the last signal sent to it.
        var duration: Duration
    }

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
    ///   - holdsInput: whether standard input stays open until this goes; otherwise it is empty.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: URL, scratch: URL,
        holdsInput: Bool = false
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
        // The child has its own by then; `Process` would keep ours open for good, and reads past the end of a buffer
        // where a thousand are.
        defer {
            try? output.close()
            try? error.close()
        }
        process.standardOutput = output
        process.standardError = error
        if let input { process.standardInput = input } else { process.standardInput = FileHandle.nullDevice }
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
        // Who watches its standard input ends by itself, and ends what it started.
        if let input {
            try? input.fileHandleForWriting.close()
            if clock.isOver.wait(timeout: .now() + 5) == .success { return }
        }
        kill(process.processIdentifier, SIGKILL)
        _ = clock.isOver.wait(timeout: .now() + 10)
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// What it has printed by now.
    var outputSoFar: Data { (try? Data(contentsOf: outputFile)) ?? Data() }

    func signal(_ number: Int32) {
        clock.began.withLock { $0 = .now }
        kill(process.processIdentifier, number)
    }

    /// Waits for the end.
    /// - Throws: where it takes longer than `seconds`; the program is killed then.
    func ending(within seconds: Int) throws -> Ending {
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
            throw ScenarioFailure(
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
        else { throw ScenarioFailure("\(url.path) cannot be made") }
        return try FileHandle(forWritingTo: url)
    }
}

/// The programs under test: they stand in the build directory, beside the tests.
enum BuiltProgram {
    /// Another one, such as a build from which a step was taken, where `DOKU_TEST_ROTATOR` names it.
    static let rotator = ProcessInfo.processInfo.environment["DOKU_TEST_ROTATOR"] ?? directory + "/doku-token-rotator"
    static let sandbox = directory + "/doku-sandbox"

    private static let directory: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
        return URL(filePath: tests).deletingLastPathComponent().path
    }()

    /// What every program is given: nothing of the tests' own environment but where to find programs, and what
    /// sanitizers and coverage want.
    static let environment: [String: String] = {
        var kept = ProcessInfo.processInfo.environment.filter { name, _ in
            ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"].contains(name) || name.hasSuffix("SAN_OPTIONS")
        }
        kept["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        kept["LC_ALL"] = "C"
        return kept
    }()
}

/// Sees whether a file is opened, by whomever: what a process has open, root alone may see.
final class OpenWatch {
    private let descriptor: Int32

    init(_ url: URL) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0, unsafe inotify_add_watch(descriptor, url.path, UInt32(IN_OPEN)) >= 0 else {
            close(descriptor)
            throw ScenarioFailure("\(url.path) cannot be watched")
        }
    }

    deinit { close(descriptor) }

    /// Whether it was opened since the watch began, or since this was last asked.
    var hasSeen: Bool {
        var event = [UInt8](repeating: 0, count: 4096)
        return unsafe read(descriptor, &event, event.count) > 0
    }
}
