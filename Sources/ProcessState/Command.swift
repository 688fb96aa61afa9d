// SPDX-License-Identifier: Apache-2.0
// The module ProcessState: child processes, the environment, and threads for work that blocks.

internal import Glibc

/// A program that is run for what it prints or for what it does, without a shell.
///
/// It gets its own process group, a small environment, default signals, and no descriptor but the first three. Several
/// may run at once, on several threads.
package struct Command: Sendable {
    /// The program, looked up in `PATH` where it has no slash, and its arguments.
    package let argv: [String]
    package let timeout: Duration
    /// Bytes of output that are kept: of a program that is run for what it prints, more than that ends it.
    package let maximumOutput: Int
    /// What it may read on standard input; a file in memory, so that nobody waits for a program that reads nothing.
    package let standardInput: [UInt8]
    /// `NAME=value` entries; nothing else is handed on.
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

    /// What a program needs to find itself and its language: `PATH`, `HOME`, `LANG` and `LC_ALL`, where they are set.
    package static var inheritedEnvironment: [String] {
        ["PATH", "HOME", "LANG", "LC_ALL"].compactMap { name in
            EnvironmentVariable.read(name).map { "\(name)=\($0)" }
        }
    }

    /// Runs to the end and returns standard output in one buffer, which may be a secret's: the caller wipes it.
    /// The buffer of a command that failed is wiped here. What it prints on standard error is discarded.
    ///
    /// Blocks the calling thread. When the program itself has ended, or its time is over, its whole process group is
    /// killed: nothing that it left in the background goes on. (A program that leaves the group does.)
    ///
    /// - Parameter isCancelled: Asked ten times a second.
    package func run(isCancelled: () -> Bool = { false }) throws(CommandError) -> [UInt8] {
        var output = OutputBuffer(capacity: maximumOutput, overflow: .refused)
        do throws(CommandError) {
            try run(into: &output, isCancelled)
        } catch {
            output.wipe()
            throw error
        }
        return output.takeBytes()
    }

    /// Runs to the end, in the same way, for what the program does: however much it prints, on either stream, the end
    /// of it is kept, of a program that failed as well.
    package func runKeepingOutput(isCancelled: () -> Bool = { false }) -> (output: [UInt8], failure: CommandError?) {
        var output = OutputBuffer(capacity: maximumOutput, overflow: .dropsBeginning)
        var failure: CommandError?
        do throws(CommandError) {
            try run(into: &output, isCancelled)
        } catch {
            failure = error
        }
        return (output.takeBytes(), failure)
    }

    private func run(into output: inout OutputBuffer, _ isCancelled: () -> Bool) throws(CommandError) {
        let deadline = ContinuousClock.now + timeout
        var child = try ChildProcess.start(self, takingErrors: output.overflow == .dropsBeginning)
        do throws(CommandError) {
            while try !child.collect(into: &output, waitingUntil: deadline) {
                if isCancelled() { throw .cancelled }
            }
        } catch {
            // A child that is not ours to wait for any more has a number that may be somebody else's by now.
            if error != .lost(errorNumber: ECHILD) { child.kill() }
            throw error
        }
        try child.end()
    }
}
