// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import Processes
import Testing

/// Each test runs in its own process, since it changes state of the whole process.
@Suite struct ProcessHardeningTests {
    @Test func `crash signals are default, and a closed pipe does not kill the process`() async {
        await #expect(processExitsWith: .success) {
            for number in [SIGILL, SIGSEGV, SIGABRT] { signal(number, { _ in }) }
            signal(SIGCHLD, SIG_IGN)
            ProcessHardening.apply()
            let (ignored, caught) = try signalMasks()
            for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT, SIGCHLD] {
                #expect((ignored | caught) >> (number - 1) & 1 == 0, "signal \(number)")
            }
            for number in [SIGPIPE, SIGXFSZ] {
                #expect(ignored >> (number - 1) & 1 == 1, "signal \(number)")
            }
        }
    }

    @Test func `core dumps are off, and new files are private`() async {
        await #expect(processExitsWith: .success) {
            ProcessHardening.apply()
            var limit = rlimit()
            #expect(unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0)
            #expect((limit.rlim_cur, limit.rlim_max) == (0, 0))
            #expect(umask(0) == 0o077)
        }
    }

    @Test func `other processes of the same user cannot read the memory`() async {
        await #expect(processExitsWith: .success) {
            #expect(dumpable() == 1)
            ProcessHardening.apply()
            #expect(dumpable() == 0)
        }
    }

    @Test func `closed standard descriptors are opened on /dev/null`() async {
        await #expect(processExitsWith: .success) {
            // Kept for the report of the test.
            let kept = [STDOUT_FILENO, STDERR_FILENO].map { dup($0) }
            for number in STDIN_FILENO...STDERR_FILENO { close(number) }
            ProcessHardening.apply()
            var status = stat()
            var devices: [UInt64] = []
            for number in STDIN_FILENO...STDERR_FILENO where unsafe fstat(number, &status) == 0 {
                devices.append(UInt64(status.st_rdev))
            }
            for (copy, number) in zip(kept, [STDOUT_FILENO, STDERR_FILENO]) { dup2(copy, number) }
            // All are open. Another thread of the test may have used one of them first.
            #expect(devices.count == 3)
            #expect(devices.count { $0 == 259 } >= 2)
        }
    }
}

@Suite struct EnvironmentVariableTests {
    @Test func `a taken secret is removed from the environment`() async {
        await #expect(processExitsWith: .success) {
            // PATH acts as the secret: it is set at process start, as a scheduler would set it.
            let value = try #require(EnvironmentVariable.read("PATH"))
            let entry = Data("PATH=\(value)".utf8)
            let before = try Data(contentsOf: URL(filePath: "/proc/self/environ"))
            #expect(before.range(of: entry) != nil)
            #expect(EnvironmentVariable.take("PATH") == Array(value.utf8))
            let after = try Data(contentsOf: URL(filePath: "/proc/self/environ"))
            #expect(after.count == before.count)
            #expect(after.range(of: entry) == nil)
            #expect(EnvironmentVariable.take("PATH") == nil)
            #expect(EnvironmentVariable.read("PATH") == nil)
        }
    }

    @Test func `a variable is read, and unset together with its value`() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("PROCESS_STATE_TEST", "välue", 1)
            unsafe setenv("PROCESS_STATE_TEST_2", "other", 1)
            #expect(EnvironmentVariable.read("PROCESS_STATE_TEST") == "välue")
            EnvironmentVariable.unset("PROCESS_STATE_TEST")
            #expect(EnvironmentVariable.read("PROCESS_STATE_TEST") == nil)
            #expect(EnvironmentVariable.read("PROCESS_STATE_TEST_2") == "other")
            unsafe setenv("PROCESS_STATE_TEST", "", 1)
            #expect(EnvironmentVariable.take("PROCESS_STATE_TEST") == [])
        }
    }
}

/// The process's ignored and caught signals, bit N−1 for signal N (proc(5)).
private func signalMasks() throws -> (ignored: UInt64, caught: UInt64) {
    (
        try #require(UInt64(try statusField("SigIgn"), radix: 16)),
        try #require(UInt64(try statusField("SigCgt"), radix: 16))
    )
}

private func statusField(_ name: String) throws -> String {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
}

/// The result of prctl(2) for PR_GET_DUMPABLE. It is variadic, so Swift needs one concrete type.
private func dumpable() -> Int32? {
    typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    guard let symbol = unsafe dlsym(nil, "prctl") else { return nil }
    return unsafe unsafeBitCast(symbol, to: Prctl.self)(3, 0, 0, 0, 0)
}
