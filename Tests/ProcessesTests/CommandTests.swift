// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import Processes
import Synchronization
import TestSupport
import Testing

@Suite struct CommandTests {
    private func run(
        _ argv: [String], timeout: Duration = .seconds(30), maximumOutput: Int = 1000
    ) throws(CommandError) -> String {
        let bytes = try Command(argv: argv, timeout: timeout, maximumOutput: maximumOutput).run()
        return String(decoding: bytes, as: UTF8.self)
    }

    private func failure(
        _ argv: [String], timeout: Duration = .seconds(30), maximumOutput: Int = 1000
    ) -> CommandError? {
        do throws(CommandError) {
            _ = try run(argv, timeout: timeout, maximumOutput: maximumOutput)
            return nil
        } catch {
            return error
        }
    }

    @Test func `output is returned exactly, and no shell reads the arguments`() throws {
        #expect(try run(["printf", "%s\\n", "$HOME; `id` 'x'"]) == "$HOME; `id` 'x'\n")
        #expect(try run(["true"]) == "")
        #expect(try run(["/bin/sh", "-c", "echo out; echo err >&2"]) == "out\n")
    }

    @Test func `the limit on output is exact`() throws {
        #expect(try run(["head", "-c", "1000", "/dev/zero"]).utf8.count == 1000)
        #expect(failure(["head", "-c", "1001", "/dev/zero"]) == .tooMuchOutput)
        #expect(failure(["cat", "/dev/zero"]) == .tooMuchOutput)
        #expect(try run(["head", "-c", "300000", "/dev/zero"], maximumOutput: 300_000).utf8.count == 300_000)
    }

    @Test func `each failure has its own error`() {
        #expect(failure(["sh", "-c", "echo x; exit 3"]) == .exited(status: 3))
        #expect(failure(["sh", "-c", "kill -9 $$"]) == .killed(signal: SIGKILL))
        #expect(failure(["/nowhere/program"]) == .couldNotStart(errorNumber: ENOENT))
        #expect(failure(["no-such-program-in-path"]) == .couldNotStart(errorNumber: ENOENT))
        #expect(failure(["/etc/passwd"]) == .couldNotStart(errorNumber: EACCES))
        #expect(failure([]) == .couldNotStart(errorNumber: EINVAL))
        #expect(failure(["printf", "a\0b"]) == .couldNotStart(errorNumber: EINVAL))
    }

    @Test func `the timeout kills the grandchildren too`() throws {
        let folder = try TemporaryDirectory()
        let script = "sleep 1000 & echo $! > \(folder.path)/grandchild; echo $$ > \(folder.path)/child; wait"
        let start = ContinuousClock.now
        #expect(failure(["sh", "-c", script], timeout: .seconds(1)) == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(10))
        for name in ["child", "grandchild"] {
            let text = try #require(folder.text(name))
            let identifier = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(try isGone(identifier))
        }
    }

    @Test func `background processes of a program are killed when it ends`() throws {
        let start = ContinuousClock.now
        let text = try run(["sh", "-c", "sleep 1000 & echo $!"], timeout: .seconds(60))
        #expect(ContinuousClock.now - start < .seconds(20))
        let identifier = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(try isGone(identifier))
    }

    @Test func `a program that closed its output is waited for`() {
        #expect(failure(["sh", "-c", "exec >&-; sleep 0.3; exit 5"]) == .exited(status: 5))
    }

    @Test func `a cancelled command is killed`() {
        var asked = 0
        #expect(throws: CommandError.cancelled) {
            try Command(argv: ["sleep", "1000"], timeout: .seconds(60)).run {
                asked += 1
                return asked == 2
            }
        }
    }

    @Test func `only the chosen environment is passed`() throws {
        let names = try run(["env"], maximumOutput: 100_000).split(separator: "\n")
            .compactMap { $0.split(separator: "=").first.map(String.init) }
        #expect(Set(names).isSubset(of: ["PATH", "HOME", "LANG", "LC_ALL"]))
        #expect(names.contains("PATH"))
        let bytes = try Command(argv: ["env"], timeout: .seconds(30), environment: ["A=1"]).run()
        #expect(bytes == Array("A=1\n".utf8))
    }

    @Test func `a child has its own group, empty standard input, and no other descriptor`() throws {
        // Left open on exec on purpose, as a careless library would; above the numbers that a shell takes for itself.
        let lowest = unsafe open("/dev/null", O_RDONLY)
        let careless = fcntl(lowest, F_DUPFD, 100)
        defer { for number in [lowest, careless] { close(number) } }
        #expect(careless >= 100)
        // One process, which prints its descriptors before it opens any.
        let listed = try run(["sh", "-c", "for n in /proc/$$/fd/*; do echo ${n##*/}; done; cat"])
        let numbers = listed.split(separator: "\n").compactMap { Int32($0) }
        #expect(Set(numbers).isSuperset(of: [0, 1, 2]))
        #expect(!numbers.contains(careless))
        let group = try run(["python3", "-c", "import os; print(os.getpgrp() == os.getpid() != \(getpgrp()))"])
        #expect(group == "True\n")
    }

    @Test func `a child has default signals, none blocked`() async {
        await #expect(processExitsWith: .success) {
            for number in [SIGPIPE, SIGTERM, SIGINT, SIGXFSZ] { signal(number, SIG_IGN) }
            var mask = sigset_t()
            unsafe sigemptyset(&mask)
            unsafe sigaddset(&mask, SIGTERM)
            unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
            let bytes = try Command(argv: ["grep", "^Sig[BI]", "/proc/self/status"], timeout: .seconds(30)).run()
            let masks = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                .compactMap { UInt64($0.suffix(16), radix: 16) }
            // Signals 1 to 31: glibc leaves its own two, 32 and 33, ignored in every child.
            #expect(masks.map { $0 & 0x7fff_ffff } == [0, 0])
        }
    }

    private func keep(
        _ script: String, timeout: Duration = .seconds(30), maximumOutput: Int = 100, input: [UInt8] = []
    ) -> (output: String, failure: CommandError?) {
        let (output, failure) = Command(
            argv: ["sh", "-c", script], timeout: timeout, maximumOutput: maximumOutput, standardInput: input
        ).runKeepingOutput()
        return (String(decoding: output, as: UTF8.self), failure)
    }

    @Test func `the end of both streams is kept, also for a failed program`() {
        #expect(keep("echo a; echo b >&2; echo c; exit 7") == ("a\nb\nc\n", .exited(status: 7)))
        #expect(keep("printf '%0200d' 7") == (String(repeating: "0", count: 99) + "7", nil))
        #expect(keep("seq 1 100000; echo end >&2", maximumOutput: 10) == ("99\n100000\nend\n".suffix(10) + "", nil))
        for count in [99, 100, 101, 199, 200, 201, 202, 4096] {
            #expect(keep("head -c \(count) /dev/zero").output.utf8.count == min(count, 100))
        }
        #expect(keep("echo x; sleep 1000", timeout: .milliseconds(300)) == ("x\n", .timedOut))
        #expect(keep("kill -9 $$") == ("", .killed(signal: SIGKILL)))
    }

    @Test func `the timeout applies to a program with endless output`() {
        let start = ContinuousClock.now
        let (output, failure) = keep("yes & yes >&2", timeout: .seconds(1))
        #expect(failure == .timedOut)
        #expect(output.utf8.count == 100)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `standard input is passed exactly, and a program may ignore it`() {
        let input = (0..<300_000).flatMap { Array("\($0)\n".utf8) }
        #expect(keep("tail -n 1; wc -c", input: input).output == "299999\n0\n")
        #expect(keep("sha256sum | cut -c1-8; true", input: []).output == "e3b0c442\n")
        #expect(keep("true", input: input) == ("", nil))
        #expect(keep("wc -c", input: input).output == "\(input.count)\n")
    }

    @Test func `many commands run at once, each with its own output, and no zombie remains`() async {
        await #expect(processExitsWith: .success) {
            let wrong = Mutex(0)
            let group = DispatchGroup()
            for lane in 0..<8 {
                DispatchQueue(label: "lane \(lane)").async(group: group) { @Sendable in
                    for round in 0..<20 {
                        let text = "\(lane)-\(round)"
                        let output = try? Command(argv: ["printf", text], timeout: .seconds(60)).run()
                        if output != Array(text.utf8) { wrong.withLock { $0 += 1 } }
                    }
                }
            }
            group.wait()
            #expect(wrong.withLock { $0 } == 0)
            #expect(waitpid(-1, nil, WNOHANG) == -1)
            #expect(errno == ECHILD)
        }
    }

    @Test func `a message contains nothing of the command`() {
        #expect(
            CommandError.couldNotStart(errorNumber: ENOENT).description
                == "the command could not be started: No such file or directory")
        #expect(CommandError.exited(status: 3).description == "the command ended with status 3")
    }

    @Test(arguments: [
        ("/no/such/program", "/no/such/program does not exist; install it, or correct the path"),
        ("no-such-program", "no-such-program is in no directory of PATH ("),
        ("/etc/passwd", "this user cannot execute /etc/passwd; make it an executable file (chmod +x)"),
        ("/", "this user cannot execute /; make it"),
    ])
    func `a program that cannot be started is explained by its path`(program: String, problem: String) throws {
        let command = Command(argv: [program], timeout: .seconds(5))
        let failure = try #require(throws: CommandError.self) { try command.run() }
        #expect(command.explanation(of: failure).hasPrefix("the command could not be started: "))
        #expect(command.explanation(of: failure).contains("; " + problem))
        #expect(Executable.problem(program)?.hasPrefix(problem) == true)
        #expect(Executable.problem("/bin/sh") == nil && Executable.problem("sh") == nil)
    }

    /// Dead, reaped or not: init reaps an orphan at any time. Polls for at most a minute.
    private func isGone(_ identifier: Int32) throws -> Bool {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let path = "/proc/\(identifier)/stat"
            guard let status = try? String(contentsOfFile: path, encoding: .utf8) else { return true }
            if status.contains(") Z ") || status.contains(") X ") { return true }
            sched_yield()
        }
        return false
    }
}
