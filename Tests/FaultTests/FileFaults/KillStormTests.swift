// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

/// Runs that are killed or stopped at random moments, beside readers that never stop reading.
@Suite struct KillStormTests {
    /// What the lanes of a storm found.
    private struct Findings {
        var signals = 0
        var finished = 0
        var reads = 0
        var leftovers = 0
        /// By the word that the scoreboard counts them by.
        var problems: [(kind: String, what: String)] = []
    }

    private static let lanes = 3

    @Test func `readers beside runs that are killed see whole tokens only`() throws {
        // About one run in five ends before its signal comes.
        try storm(SIGKILL, "random kills", rounds: TestScale.choose(300, release: 12_900))
    }

    @Test func `a storm of SIGTERM leaves whole tokens, no temporaries, and the right exit status`() throws {
        try storm(SIGTERM, "random SIGTERMs", rounds: TestScale.choose(120, release: 2_000))
    }

    private func storm(_ signal: Int32, _ name: String, rounds: Int) throws {
        let root = try TemporaryDirectory()
        let sandbox = try FaultStage.sandbox(in: root)
        let stages = try (0..<Self.lanes).map { _ in try FaultStage(server: sandbox.url) }
        for stage in stages { try stage.publish() }
        let began = ContinuousClock.now
        try stages[0].publishForced()
        // A little longer than a run takes beside the others: some end by themselves, and the kills fall everywhere.
        let longest = began.duration(to: .now) * 2
        let findings = Mutex(Findings())
        let isOver = Mutex(false)
        let started = ContinuousClock.now
        let writers = DispatchGroup()
        let readers = DispatchGroup()
        for path in stages.map({ $0.directory.url }) {
            DispatchQueue(label: "writer").async(group: writers) { @Sendable in
                Self.write(in: path, signal, rounds: rounds / Self.lanes, longest: longest, findings)
            }
            DispatchQueue(label: "reader").async(group: readers) { @Sendable in
                Self.read(path.appending(path: "tokens/kopi"), until: { isOver.withLock { $0 } }, findings)
            }
        }
        writers.wait()
        isOver.withLock { $0 = true }
        readers.wait()
        let seconds = max(started.duration(to: .now).components.seconds, 1)

        var scoreboard = Scoreboard(name, kinds: ["torn reads", "wrong exit codes", "leftovers"])
        let found = findings.withLock { $0 }
        scoreboard.cases = found.signals
        for problem in found.problems { scoreboard.count(problem.kind) }
        for problem in found.problems.prefix(20) { Issue.record("\(problem.kind): \(problem.what)") }
        for stage in stages {
            let next = try stage.run([])
            if next.status != 0 || !stage.temporaries.isEmpty {
                scoreboard.count("leftovers")
                Issue.record("the next run ends with \(next.status), left: \(stage.temporaries)")
            }
        }
        Scoreboard.say(
            "\(name): \(found.signals) signals in \(seconds) s, \(found.finished) runs ended before one, "
                + "\(found.leftovers) temporaries seen and swept, \(found.reads) reads")
        scoreboard.report()
        #expect(found.reads > rounds)
        #expect(found.signals > rounds / 4)
    }

    private static func write(
        in directory: URL, _ signal: Int32, rounds: Int, longest: Duration, _ findings: borrowing Mutex<Findings>
    ) {
        for _ in 0..<rounds {
            guard
                let program = SpawnedProgram(
                    [BuiltProgram.rotator, "rotate", "--config", directory.path + "/config.yaml", "--force"],
                    directory: directory.path)
            else { return findings.withLock { $0.problems.append(("broken cases", "no process could be started")) } }
            let pause = Int64.random(in: 0...longest.microseconds)
            usleep(UInt32(pause))
            kill(program.identifier, signal)
            let status = program.wait()
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path + "/tokens")) ?? []
            let left = names.count { $0.hasSuffix(".tmp") }
            findings.withLock { found in
                found.leftovers += left
                switch (signal, status) {
                case (_, 0): found.finished += 1
                case (SIGKILL, -SIGKILL): found.signals += 1
                // Before the program's first instruction the kernel's own answer to SIGTERM holds.
                case (SIGTERM, 143), (SIGTERM, -SIGTERM):
                    found.signals += 1
                    if left > 0 { found.problems.append(("leftovers", "stopped by SIGTERM, it left a temporary")) }
                default: found.problems.append(("wrong exit codes", "\(status)"))
                }
            }
        }
    }

    private static func read(_ file: URL, until isOver: () -> Bool, _ findings: borrowing Mutex<Findings>) {
        var last = Data()
        var reads = 0
        while !isOver() {
            let data = try? Data(contentsOf: file)
            reads += 1
            guard data != last else {
                // The writers want the processor more.
                usleep(500)
                continue
            }
            if let data, ReadToken.isWhole(data) {
                last = data
            } else {
                findings.withLock {
                    $0.problems.append(("torn reads", "\(data.map { "\($0.count) bytes" } ?? "no file")"))
                }
            }
        }
        findings.withLock { $0.reads += reads }
    }
}

extension FaultStage {
    fileprivate func publishForced() throws {
        let ending = try run()
        guard ending.status == 0 else { throw TestFailure("a run ends with \(ending.status)") }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

/// A program without input or output that is started with little ado.
struct SpawnedProgram {
    let identifier: pid_t

    init?(_ command: [String], directory: String) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The threads of dispatch block signals, and a child inherits that.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        // The secret's path is relative to the configuration's directory only if that is where the program stands.
        let arguments = ["/usr/bin/env", "--chdir=\(directory)"] + command
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            unsafe BuiltProgram.environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
        let owned = unsafe words + settings
        defer { unsafe owned.forEach { unsafe free($0) } }
        var identifier: pid_t = 0
        guard unsafe posix_spawn(&identifier, arguments[0], &actions, &attributes, &words, &settings) == 0 else {
            return nil
        }
        self.identifier = identifier
    }

    /// The exit status, or minus the number of the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }
}
