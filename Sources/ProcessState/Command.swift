// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A program that is run for what it prints, without a shell.
///
/// It gets its own process group, nothing on standard input, a small environment, default signals and no other
/// descriptor. What it prints on standard error is discarded. Several may run at once, on several threads.
package struct Command: Sendable {
    /// The program, looked up in `PATH` where it has no slash, and its arguments.
    package let argv: [String]
    package let timeout: Duration
    /// Bytes of output, beyond which the command is killed.
    package let maximumOutput: Int
    /// `NAME=value` entries; nothing else is handed on.
    package let environment: [String]

    package init(
        argv: [String], timeout: Duration, maximumOutput: Int = 64 << 10,
        environment: [String] = Command.inheritedEnvironment
    ) {
        self.argv = argv
        self.timeout = timeout
        self.maximumOutput = maximumOutput
        self.environment = environment
    }

    /// What a program needs to find itself and its language: `PATH`, `HOME`, `LANG` and `LC_ALL`, where they are set.
    package static var inheritedEnvironment: [String] {
        ["PATH", "HOME", "LANG", "LC_ALL"].compactMap { name in
            EnvironmentVariable.read(name).map { "\(name)=\($0)" }
        }
    }

    /// Runs to the end and returns standard output in one buffer, which may be a secret's: the caller wipes it.
    /// The buffer of a command that failed is wiped here.
    ///
    /// Blocks the calling thread. When the program itself has ended, or its time is over, its whole process group is
    /// killed: nothing that it left in the background goes on. (A program that leaves the group does.)
    ///
    /// - Parameter isCancelled: Asked ten times a second.
    package func run(isCancelled: () -> Bool = { false }) throws(CommandError) -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        var child = try ChildProcess.start(self)
        var output = OutputBuffer(capacity: maximumOutput)
        do throws(CommandError) {
            while try !child.collect(into: &output, waitingUntil: deadline) {
                if isCancelled() { throw .cancelled }
            }
        } catch {
            // A child that is not ours to wait for any more has a number that may be somebody else's by now.
            if error != .lost(errorNumber: ECHILD) { child.kill() }
            output.wipe()
            throw error
        }
        do throws(CommandError) {
            try child.end()
        } catch {
            output.wipe()
            throw error
        }
        return output.takeBytes()
    }
}
