// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Model
import Reporting
import Rotation
import Synchronization
import TestSupport
import Testing

/// The random delay before the first request: real runs, with chance in the test's hand. Nobody listens where they ask.
@Suite struct SplayTests {
    /// A configuration and its files, removed with their owner.
    private final class Host {
        let directory = FileManager.default.temporaryDirectory.appending(path: "splay-\(UUID().uuidString)")
        var configurationFile: String { directory.appending(path: "config.yaml").path }

        /// - Parameter left: seconds that the published token has left; nil publishes none.
        init(splay: String, runEvery: String = "1h", deadline: String = "5s", left: Int64?) throws {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let text = """
                endpoint: http://127.0.0.1:1/adv-core-api/partner/v1.0/token
                run_every: \(runEvery)
                deadline: \(deadline)
                splay: \(splay)
                attempts: 1
                brands:
                  - name: batik
                    client_id: \(Sample.clientID)
                    secret: { value: not-a-secret }
                    outputs: [{ file: batik.token }]
                """
            try write(text, to: "config.yaml")
            guard let left else { return }
            let end = Timestamp.now.seconds + left
            try write(Sample.jwt(#"{"exp":\#(end),"iat":\#(end - 21_600)}"#), to: "batik.token")
        }

        deinit { try? FileManager.default.removeItem(at: directory) }

        private func write(_ text: String, to name: String) throws {
            let path = directory.appending(path: name).path
            try #require(
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
        }

        /// Runs once.
        /// - Returns: the report, and how often chance was asked.
        func run(
            _ change: (inout RotationRequest) -> Void = { _ in }, random: Double = 0,
            stop: Cancellation = Cancellation(), stoppingWith reason: Cancellation.Reason? = nil
        ) -> (report: RunReport, delays: Int) {
            let asked = Chances()
            var request = RotationRequest(configurationFile: configurationFile)
            change(&request)
            let context = RunContext(random: {
                asked.count.withLock { $0 += 1 }
                if let reason { DispatchQueue.global().async { stop.stop(reason) } }
                return random
            })
            let report = RotationRun(request, context: context, stop: stop).report()
            return (report, asked.count.withLock { $0 })
        }

        private final class Chances: Sendable {
            let count = Mutex(0)
        }
    }

    /// A failed attempt asks chance once for its wait, although none follows.
    private static let askedByTheAttempt = 1

    @Test func `a run waits a random part of the delay, which its deadline does not count`() throws {
        let host = try Host(splay: "10s", left: 3600)
        let (report, delays) = host.run(random: 0.52)
        #expect(delays == Self.askedByTheAttempt + 1)
        #expect(report.duration >= .milliseconds(5200))
        #expect(report.outcomes.first?.failure?.code == .notConnected, "its deadline of 5 s begins after the delay")
        #expect(report.exitStatus == .passingDiesSoon)
    }

    @Test(arguments: [
        (Cancellation.Reason.terminated, Model.ExitStatus.terminated), (.interrupted, .interrupted),
    ])
    func `a stop ends the wait at once`(reason: Cancellation.Reason, status: Model.ExitStatus) throws {
        let host = try Host(splay: "50m", left: 3600)
        let (report, delays) = host.run(random: 0.99, stoppingWith: reason)
        #expect(delays == 1)
        #expect(report.duration < .seconds(2))
        #expect(report.exitStatus == status)
        #expect(report.outcomes.map(\.kind) == [.unfinished])
        #expect(report.outcomes.map(\.attempts) == [0])
    }

    // splay 50m, deadline 5s and the minute of doubt: up to 3065 s a token might die while the run waits and works.
    @Test(arguments: [nil, Int64(-10), 0, 60, 3000, 3060])
    func `nobody waits where a token is dead or would die meanwhile`(left: Int64?) throws {
        let host = try Host(splay: "50m", left: left)
        let (report, delays) = host.run(random: 0.99)
        #expect(delays == Self.askedByTheAttempt)
        #expect(report.outcomes.map(\.attempts) == [1])
    }

    @Test func `nobody waits on a terminal, for a plan, or where nothing is due`() throws {
        let host = try Host(splay: "50m", left: 3600)
        #expect(host.run({ $0.isAttended = true }, random: 0.99).delays == Self.askedByTheAttempt)
        #expect(host.run({ $0.isDryRun = true }, random: 0.99).delays == 0)
        let fresh = try Host(splay: "50m", left: 21_000)
        let (report, delays) = fresh.run(random: 0.99)
        #expect(delays == 0)
        #expect(report.outcomes.map(\.kind) == [.fresh])
        // A file to be repaired needs no request.
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: fresh.directory.appending(path: "batik.token").path)
        let (repairing, none) = fresh.run(random: 0.99)
        #expect(none == 0)
        #expect(repairing.outcomes.map(\.kind) == [.repaired])
    }

    /// Found by the simulation: a clock 47 s behind, which nothing betrays, took 23 s that a token had left for 70.
    @Test func `a delay allows for the doubt that is had about any clock`() throws {
        let rule = RenewalPolicy(
            runEvery: .seconds(182), deadline: .seconds(33), splay: .seconds(32), force: false, now: Sample.now)
        for (left, isUrgent) in [(Int64(70), true), (125, true), (126, false)] {
            let output = OutputSnapshot(
                path: "/run/a.token", state: .token(try Sample.token(Sample.jwt(left: left, lifetime: 960))))
            #expect(rule.isUrgent(output, brand: Sample.brand()) == isUrgent)
        }
    }

    @Test func `without a delay nobody waits`() throws {
        let host = try Host(splay: "0s", left: 3600)
        #expect(host.run(random: 0.99).delays == Self.askedByTheAttempt)
    }

    @Test func `a token must outlive the delay of the next run too`() {
        let rule = RenewalPolicy(
            runEvery: .seconds(900), deadline: .seconds(120), splay: .seconds(30), force: false, now: Sample.now)
        #expect(rule.needed == .seconds(900 + 120 + 30 + 60))
    }
}
