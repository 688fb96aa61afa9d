// SPDX-License-Identifier: Apache-2.0
// The module Processes: child processes, the environment, and threads for work that blocks.

internal import CLinux
internal import Glibc

/// A program to run without a shell, for its output or its effect.
///
/// It gets its own process group, a small environment, default signals, and only descriptors 0 to 2. Thread-safe.
package struct Command: Sendable {
    /// The program, searched in `PATH` if it has no slash, and its arguments.
    package let argv: [String]
    package let timeout: Duration
    /// The maximum of output bytes. ``run(isCancelled:)`` kills a program that prints more.
    package let maximumOutput: Int
    /// Standard input. It is a file in memory, so the run does not wait for a program that reads nothing.
    package let standardInput: [UInt8]
    /// `NAME=value` entries. The program gets no others.
    package let environment: [String]

    package init(
        argv: [String], timeout: Duration, maximumOutput: Int = 64 << 10, standardInput: [UInt8] = [],
        environment: [String] = Command.inheritedEnvironment
    ) {
        self.argv = argv
        self.timeout = timeout
        self.maximumOutput = maximumOutput
        self.standardInput = standardInput
        self.environment = environment
    }

    /// `PATH`, `HOME`, `LANG` and `LC_ALL`, if they are set.
    package static var inheritedEnvironment: [String] {
        ["PATH", "HOME", "LANG", "LC_ALL"].compactMap { name in
            EnvironmentVariable.read(name).map { "\(name)=\($0)" }
        }
    }

    /// Runs the program and returns its standard output in one buffer. It may hold a secret: the caller wipes it. If
    /// the program fails, the buffer is wiped here. Standard error is discarded. When the program ends or exceeds its
    /// timeout, its process group is killed. A process that left the group continues.
    ///
    /// - Parameter isCancelled: Called ten times a second.
    package func run(isCancelled: () -> Bool = { false }) throws(CommandError) -> [UInt8] {
        var output = OutputBuffer(capacity: maximumOutput, keepsEnd: false)
        if let failure = failure(into: &output, isCancelled) {
            output.wipe()
            throw failure
        }
        return output.takeBytes()
    }

    /// Runs the program in the same way. Keeps the end of both output streams, also if the program fails.
    package func runKeepingOutput(isCancelled: () -> Bool = { false }) -> (output: [UInt8], failure: CommandError?) {
        var output = OutputBuffer(capacity: maximumOutput, keepsEnd: true)
        let failure = failure(into: &output, isCancelled)
        return (output.takeBytes(), failure)
    }

    /// Why the program failed, and what to do.
    package func explanation(of failure: CommandError) -> String {
        guard let program = argv.first else { return "\(failure)" }
        let number: Int32
        switch failure {
        case .couldNotStart(let error): number = error
        case .exited, .killed: return "\(failure); run it by hand as this user: \(program) …"
        case .lost, .timedOut, .cancelled, .tooMuchOutput: return "\(failure)"
        }
        if let problem = Executable.problem(program) { return "\(failure); \(problem)" }
        switch number {
        case ENOENT: return "\(failure); install the interpreter that the first line of \(program) names"
        case EACCES, EPERM: return "\(failure); a sandbox or mount forbids it: under systemd, set ExecPaths=\(program)"
        default: return "\(failure)"
        }
    }

    /// Runs the program. Returns nil if it succeeds.
    private func failure(into output: inout OutputBuffer, _ isCancelled: () -> Bool) -> CommandError? {
        let deadline = ContinuousClock.now + timeout
        do throws(CommandError) {
            var child = try ChildProcess.start(self, takingErrors: output.keepsEnd)
            do throws(CommandError) {
                while try !child.collect(into: &output, waitingUntil: deadline) {
                    if isCancelled() { throw .cancelled }
                }
            } catch {
                // If the child was already reaped, another process may have its number by now.
                if error != .lost(errorNumber: ECHILD) { child.kill() }
                throw error
            }
            try child.end()
            return nil
        } catch {
            return error
        }
    }
}

/// Why a command failed. Contains neither its output nor its arguments.
package enum CommandError: Error, Sendable, Equatable, CustomStringConvertible {
    case couldNotStart(errorNumber: Int32)
    /// Reading the output or waiting for the end failed.
    case lost(errorNumber: Int32)
    case timedOut
    case cancelled
    /// A status other than 0.
    case exited(status: Int32)
    case killed(signal: Int32)
    case tooMuchOutput

    package var description: String {
        switch self {
        case .couldNotStart(let number): "the command could not be started: \(Self.text(number))"
        case .lost(let number): "reading the output of the command or waiting for its end failed: \(Self.text(number))"
        case .timedOut: "the command took too long and was killed"
        case .cancelled: "the command was killed because the run was stopped"
        case .exited(let status): "the command ended with status \(status)"
        case .killed(let signal): "the command was killed by signal \(signal)"
        case .tooMuchOutput: "the command printed more than allowed and was killed"
        }
    }

    /// strerror(3) is thread-safe since glibc 2.32, and this program needs 2.34.
    private static func text(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
}

/// Looks up programs as the system does when it starts one.
package enum Executable {
    /// Why this user cannot start a program by its path, or by its name in a directory of `PATH`. Nil if it can.
    package static func problem(_ name: String) -> String? {
        guard !name.isEmpty, !name.utf8.contains(0) else { return "no program has this name; correct it" }
        if name.utf8.contains(0x2f) {
            if isExecutable(name) { return nil }
            return unsafe access(name, F_OK) == 0
                ? "this user cannot execute \(name); make it an executable file (chmod +x)"
                : "\(name) does not exist; install it, or correct the path"
        }
        // execvp(3) uses the second path if there is no PATH.
        let path = EnvironmentVariable.read("PATH") ?? "/bin:/usr/bin"
        let isFound = path.split(separator: ":", omittingEmptySubsequences: false).contains { directory in
            isExecutable(directory.isEmpty ? name : "\(directory)/\(name)")
        }
        return isFound ? nil : "\(name) is in no directory of PATH (\(path)); install it, or write its full path"
    }

    /// The path of the program that runs here; nil if `/proc` is not mounted.
    package static var ownPath: String? {
        var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &text, text.count)
        return count > 0 ? String(validating: text.prefix(count), as: UTF8.self) : nil
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return unsafe faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0
    }
}
