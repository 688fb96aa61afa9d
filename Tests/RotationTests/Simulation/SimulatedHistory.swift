// SPDX-License-Identifier: Apache-2.0

import Curl
import Foundation
import Model
import TestSupport
import TokenAPI

/// Run after run over one brand, in virtual time: milliseconds by the true clock, which is the service's.
struct SimulatedHistory {
    /// What came of it.
    struct Tally {
        /// Tokens that ended before the next one was published although the contract says that they must not.
        var wronged = 0
        /// Those that nobody could have kept alive: runs were missed, or DOKU gave nothing, or too little.
        var excused = 0
        var renewals = 0
        var freshRuns = 0
        var delays = 0
        var missed = 0
    }

    private struct Published {
        var output: OutputSnapshot
        /// From when on it is of no use.
        var end: Int64
        /// Seconds.
        var lifetime: Int64
    }

    /// The last run after which the brand was as the rule wants it.
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

    /// - Parameter runs: starts that the scheduler plans.
    mutating func play(runs: Int) throws -> Tally {
        if Int.random(in: 0..<4, using: &random) > 0 { try publishEarlier() }
        var busyUntil = Int64.min
        let latest = max(0, 60 - setting.clockTolerance) * 1000
        for run in 0..<Int64(runs) {
            // On time, as late as may be, or anything between; a few later than that.
            let lateness =
                switch Int.random(in: 0..<8, using: &random) {
                case 0...2: Int64(0)
                case 3...5: latest
                case 6: Int64.random(in: 0...latest, using: &random)
                default: Int64.random(in: 0...setting.runEvery * 1000, using: &random)
                }
            let start = Self.beginning + run * setting.runEvery * 1000 + lateness
            let isLeftOut = Int.random(in: 0..<100, using: &random) < setting.missedStarts
            // A start while another run holds the lock ends with 75.
            guard !isLeftOut, start > busyUntil else {
                tally.missed += 1
                continue
            }
            busyUntil = try self.run(at: start)
        }
        return tally
    }

    /// A token from before, good for about as long as makes it due.
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
            // Nobody sees that an opaque token was granted for less.
            end: (seconds + (setting.isOpaque ? setting.lifetime : lifetime)) * 1000, lifetime: lifetime)
    }

    // MARK: One run

    /// - Returns: when it is over.
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

    /// Other brands may take a run's whole time.
    private mutating func delayOfOthers() -> Int64 {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return 1 }
        return Int64.random(in: 0..<(setting.splay + setting.deadline) * 1000, using: &random)
    }

    /// Attempt after attempt, as the program's own policy has it.
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

    /// Whether the token that a new one replaces ended before, and whether it could have lived. By the contract alone:
    /// nothing here asks the rule.
    private mutating func judge(publication: Int64, of start: Int64, delayedBy wait: Int64) {
        guard let published, published.end < publication else { return }
        let doubt = setting.clockTolerance * 1000
        var isWronged = false
        if let lastGood {
            let isEnough = !lastGood.isRenewal || published.lifetime > setting.needed
            // The next run came in time, and brought a token.
            if isEnough, start - lastGood.start <= (setting.runEvery + 60) * 1000 - doubt { isWronged = true }
            // It was left as it was, with more to live than was needed for all that came between.
            let threshold = setting.threshold(lifetime: published.lifetime) * 1000 - doubt
            if !lastGood.isRenewal, publication - lastGood.start < threshold { isWronged = true }
        }
        // Without the delay it would have lived.
        if published.end > publication - wait { isWronged = true }
        if isWronged { tally.wronged += 1 } else { tally.excused += 1 }
    }
}
