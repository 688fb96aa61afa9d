// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Model
import Reporting
import Rotation
import Synchronization
import TestSupport
import Testing

/// The random delay before the first request: real runs with random numbers from the test. No server listens at their
/// endpoint.
@Suite struct SplayTests {
    /// A configuration and its files.
    private struct Host {
        let directory: TemporaryDirectory

        /// - Parameter left: the published token's remaining time in seconds; nil publishes no token.
        init(splay: String, runEvery: String = "1h", deadline: String = "5s", left: Int64?) throws {
            directory = try TemporaryDirectory()
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
            try directory.write(text, to: "config.yaml")
            guard let left else { return }
            let end = Timestamp.now.seconds + left
            try directory.write(Sample.jwt(#"{"exp":\#(end),"iat":\#(end - 21_600)}"#), to: "batik.token")
        }

        /// Runs once.
        /// - Returns: the report, and how many random numbers the run used.
        func run(
            _ change: (inout RotationRequest) -> Void = { _ in }, random: Double = 0,
            stop: Cancellation = Cancellation(), stoppingWith reason: Cancellation.Reason? = nil
        ) -> (report: RunReport, delays: Int) {
            let asked = Chances()
            var request = RotationRequest(configurationFile: directory.path("config.yaml"))
            change(&request)
            let context = RunContext(random: {
                asked.count.withLock { $0 += 1 }
                if let reason { DispatchQueue.global().async { stop.stop(reason) } }
                return random
            })
            let report = RotationCommand(request, context: context, stop: stop).report()
            return (report, asked.count.withLock { $0 })
        }

        private final class Chances: Sendable {
            let count = Mutex(0)
        }
    }

    /// A failed attempt uses one random number for its wait, even if it is the last one.
    private static let askedByTheAttempt = 1

    @Test func `a run waits a random part of the delay before its deadline starts`() throws {
        let host = try Host(splay: "10s", left: 3600)
        let (report, delays) = host.run(random: 0.52)
        #expect(delays == Self.askedByTheAttempt + 1)
        #expect(report.duration >= .milliseconds(5200))
        #expect(report.outcomes.first?.failure?.code == .notConnected, "the deadline of 5 s starts after the delay")
        #expect(report.exitStatus == .transientExpiresSoon)
    }

    @Test(arguments: [
        (Cancellation.Reason.terminated, Model.ExitStatus.terminated), (.interrupted, .interrupted),
    ])
    func `a signal ends the wait at once`(reason: Cancellation.Reason, status: Model.ExitStatus) throws {
        let host = try Host(splay: "50m", left: 3600)
        let (report, delays) = host.run(random: 0.99, stoppingWith: reason)
        #expect(delays == 1)
        #expect(report.duration < .seconds(2))
        #expect(report.exitStatus == status)
        #expect(report.outcomes.map(\.kind) == [.unfinished])
        #expect(report.outcomes.map(\.attempts) == [0])
    }

    // splay 50m + deadline 5s + 1m for clock errors: a token with at most 3065 s left might expire during the run.
    @Test(arguments: [nil, Int64(-10), 0, 60, 3000, 3060])
    func `a run does not wait if a token has expired or might expire meanwhile`(left: Int64?) throws {
        let host = try Host(splay: "50m", left: left)
        let (report, delays) = host.run(random: 0.99)
        #expect(delays == Self.askedByTheAttempt)
        #expect(report.outcomes.map(\.attempts) == [1])
    }

    @Test func `a run does not wait on a terminal, in a dry run, or if nothing is due`() throws {
        let host = try Host(splay: "50m", left: 3600)
        #expect(host.run({ $0.isAttended = true }, random: 0.99).delays == Self.askedByTheAttempt)
        #expect(host.run({ $0.isDryRun = true }, random: 0.99).delays == 0)
        let fresh = try Host(splay: "50m", left: 21_000)
        let (report, delays) = fresh.run(random: 0.99)
        #expect(delays == 0)
        #expect(report.outcomes.map(\.kind) == [.fresh])
        // Repairing a file needs no request.
        try fresh.directory.setMode(0o644, of: "batik.token")
        let (repairing, none) = fresh.run(random: 0.99)
        #expect(none == 0)
        #expect(repairing.outcomes.map(\.kind) == [.repaired])
    }

    /// The simulation found this: with an undetected clock error of 47 s, 70 s of remaining time were 23 s.
    @Test func `the urgency threshold allows for clock errors`() throws {
        let rule = RenewalPolicy(
            runEvery: .seconds(182), deadline: .seconds(33), splay: .seconds(32), force: false, now: Sample.now)
        for (left, isUrgent) in [(Int64(70), true), (125, true), (126, false)] {
            let output = OutputSnapshot(
                path: "/run/a.token", state: .token(try Sample.token(Sample.jwt(left: left, lifetime: 960))))
            #expect(rule.isUrgent(output, brand: Sample.brand()) == isUrgent)
        }
    }

    @Test func `a run without splay does not wait`() throws {
        let host = try Host(splay: "0s", left: 3600)
        #expect(host.run(random: 0.99).delays == Self.askedByTheAttempt)
    }

    @Test func `a token must also outlive the delay of the next run`() {
        let rule = RenewalPolicy(
            runEvery: .seconds(900), deadline: .seconds(120), splay: .seconds(30), force: false, now: Sample.now)
        #expect(rule.needed == .seconds(900 + 120 + 30 + 60))
    }
}
