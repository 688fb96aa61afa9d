// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import TestSupport
import TokenAPI

/// A series of runs for one brand in virtual time. Times are milliseconds by the service's clock, which is correct.
struct SimulatedHistory {
    /// The counts of a history.
    struct Tally {
        /// Tokens that expired before the next one was published, against the contract.
        var wronged = 0
        /// Tokens that expired unavoidably: runs were missed, or DOKU granted no token or a short one.
        var excused = 0
        var renewals = 0
        var freshRuns = 0
        var delays = 0
        var missed = 0
    }

    private struct Published {
        var output: OutputSnapshot
        /// When it expires.
        var end: Int64
        /// Seconds.
        var lifetime: Int64
    }

    /// The last run that renewed the token, or found it not due.
    private struct GoodRun {
        let start: Int64
        let isRenewal: Bool
    }

    private let setting: SimulatedSetting
    private let configuration: Configuration
    private let rule: RuleUnderTest
    private var random: SeededGenerator
    private var service: SimulatedService
    private var published: Published?
    private var lastGood: GoodRun?
    private var tally = Tally()

    private static let client = Sample.client()
    private static let beginning = Sample.now.seconds * 1000

    init(_ setting: SimulatedSetting, _ configuration: Configuration, _ rule: RuleUnderTest, random: SeededGenerator) {
        self.setting = setting
        self.configuration = configuration
        self.rule = rule
        self.random = random
        service = SimulatedService(setting)
    }

    private var brand: Brand { configuration.brands[0] }

    /// - Parameter runs: the number of planned starts.
    mutating func play(runs: Int) throws -> Tally {
        if Int.random(in: 0..<4, using: &random) > 0 { try publishEarlier() }
        var busyUntil = Int64.min
        let latest = max(0, 60 - setting.clockTolerance) * 1000
        for run in 0..<Int64(runs) {
            // On time, as late as allowed, or in between. A few starts are later than allowed.
            let lateness =
                switch Int.random(in: 0..<8, using: &random) {
                case 0...2: Int64(0)
                case 3...5: latest
                case 6: Int64.random(in: 0...latest, using: &random)
                default: Int64.random(in: 0...setting.runEvery * 1000, using: &random)
                }
            let start = Self.beginning + run * setting.runEvery * 1000 + lateness
            let isLeftOut = Int.random(in: 0..<100, using: &random) < setting.missedStarts
            // A start while another run holds the lock exits with 75.
            guard !isLeftOut, start > busyUntil else {
                tally.missed += 1
                continue
            }
            busyUntil = try self.run(at: start)
        }
        return tally
    }

    /// Publishes a token whose remaining time is close to the renewal threshold.
    private mutating func publishEarlier() throws {
        let threshold = setting.threshold(lifetime: setting.lifetime)
        guard setting.lifetime > threshold else { return }
        let left = min(setting.lifetime, threshold + Int64.random(in: 0...2 * setting.runEvery, using: &random))
        let issued = Self.beginning + (left - setting.lifetime) * 1000
        try publish(issued: issued, at: issued + 1, lifetime: setting.lifetime)
    }

    private func timestamp(_ milliseconds: Int64) -> Timestamp {
        Timestamp(seconds: (milliseconds - setting.clockBehind * 1000) / 1000)
    }

    private mutating func publish(issued: Int64, at time: Int64, lifetime: Int64) throws {
        let seconds = issued / 1000
        let text =
            setting.isOpaque
            ? "opaque-\(issued)"
            : "e30.\(Data(#"{"exp":\#(seconds + lifetime),"iat":\#(seconds)}"#.utf8).base64EncodedString()).e30"
        published = Published(
            output: OutputSnapshot(
                path: "/run/a.token", state: .token(try Sample.token(text)), writtenAt: timestamp(time)),
            // A shorter lifetime of an opaque token cannot be detected, so it is ignored.
            end: (seconds + (setting.isOpaque ? setting.lifetime : lifetime)) * 1000, lifetime: lifetime)
    }

    // MARK: One run

    /// - Returns: when the run ends.
    private mutating func run(at start: Int64) throws -> Int64 {
        let now = timestamp(start)
        let output = published?.output ?? OutputSnapshot(path: "/run/a.token", state: .noToken(.missing))
        guard rule.isDue(configuration, brand, output, now) else {
            tally.freshRuns += 1
            lastGood = GoodRun(start: start, isRenewal: false)
            return start + delayOfOthers()
        }
        var wait: Int64 = 0
        if setting.splay > 0, !rule.isUrgent(configuration, brand, output, now) {
            tally.delays += 1
            let whole = setting.splay * 1000
            wait = Bool.random(using: &random) ? whole - 1 : Int64.random(in: 0..<whole, using: &random)
        }
        let (end, granted) = exchange(from: start + wait)
        guard let granted else { return end }
        tally.renewals += 1
        judge(publication: end, of: start, delayedBy: wait)
        try publish(issued: granted.issued, at: end, lifetime: granted.lifetime)
        lastGood = GoodRun(start: start, isRenewal: true)
        return end
    }

    /// How long the run takes for other brands: up to its whole time.
    private mutating func delayOfOthers() -> Int64 {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return 1 }
        return Int64.random(in: 0..<(setting.splay + setting.deadline) * 1000, using: &random)
    }

    /// Makes attempts according to the program's own retry policy.
    private mutating func exchange(from start: Int64) -> (end: Int64, granted: (issued: Int64, lifetime: Int64)?) {
        let deadline = start + setting.deadline * 1000
        let endpoint = EndpointHealth(brands: 1)
        let policy = RetryPolicy(attempts: setting.attempts)
        var time = start
        var attempt = 1
        while true {
            let ending = service.answer(at: time, using: &random)
            let end = time + ending.took
            guard end < deadline else { return (deadline, nil) }
            guard let failure = ending.failure else {
                return (end, (Int64.random(in: time...end, using: &random), ending.lifetime))
            }
            let response = Self.client.judge(
                failure, requestID: Sample.requestID, now: timestamp(end))
            endpoint.note(failure, at: timestamp(end))
            guard case .failed(_, let advice) = response,
                let next = policy.next(
                    after: attempt, advice: advice, remaining: .milliseconds(deadline - end),
                    random: Double.random(in: 0..<1, using: &random)),
                endpoint.refusal(of: advice) == nil
            else { return (end, nil) }
            time = end + next.wait.wholeMilliseconds
            attempt += 1
        }
    }

    // MARK: The verdict

    /// Counts the replaced token if it expired before, as avoidable or not. This uses only the contract, not the rule.
    private mutating func judge(publication: Int64, of start: Int64, delayedBy wait: Int64) {
        guard let published, published.end < publication else { return }
        let doubt = setting.clockTolerance * 1000
        var isWronged = false
        if let lastGood {
            let isEnough = !lastGood.isRenewal || published.lifetime > setting.needed
            // The next run started in time and got a token.
            if isEnough, start - lastGood.start <= (setting.runEvery + 60) * 1000 - doubt { isWronged = true }
            // It was not renewed, although its remaining time was longer than the time until the next token.
            let threshold = setting.threshold(lifetime: published.lifetime) * 1000 - doubt
            if !lastGood.isRenewal, publication - lastGood.start < threshold { isWronged = true }
        }
        // It would not have expired without the delay.
        if published.end > publication - wait { isWronged = true }
        if isWronged { tally.wronged += 1 } else { tally.excused += 1 }
    }
}
