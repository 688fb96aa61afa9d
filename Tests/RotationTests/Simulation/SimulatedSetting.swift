// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport

/// The world of one simulated history: a configuration, a scheduler, a service and a clock, all by one seed.
struct SimulatedSetting {
    /// Seconds, as are the next ones.
    let runEvery: Int64
    let deadline: Int64
    let splay: Int64
    let requestTimeout: Int64
    let attempts: Int
    /// The lifetime that is asked for.
    let lifetime: Int64
    let renewBefore: RenewalThreshold?
    /// Whether the tokens tell nothing, so that only the age of their file does.
    let isOpaque: Bool
    /// How far this host's clock is behind the service's, which is the true one; negative where it is ahead.
    let clockBehind: Int64
    /// Of a hundred starts, how many the scheduler leaves out.
    let missedStarts: Int
    let service: SimulatedService.Temper

    /// What a token must outlive, by the contract.
    var needed: Int64 { runEvery + deadline + splay + 60 }

    /// How much of the minute of doubt this host's clock may use up: what is left is the scheduler's to be late.
    ///
    /// An end is judged by the other clock where the file betrays that this one is behind, and the age of an opaque
    /// token counts from the answer, not from its issue: both are wrong by the answer's way, and by whole seconds.
    var clockTolerance: Int64 {
        if isOpaque || clockBehind > 60 { return requestTimeout + 2 }
        return max(0, clockBehind)
    }

    init(using random: inout SeededGenerator) {
        runEvery = Self.logarithmic(60...43_200, &random)
        lifetime = Self.logarithmic(5...10_080, &random) * 60
        deadline = Bool.random(using: &random) ? 120 : Self.logarithmic(5...900, &random)
        splay = Bool.random(using: &random) ? 0 : Int64.random(in: 0..<min(runEvery, 3600), using: &random)
        requestTimeout = min(15, deadline)
        attempts = Int.random(in: 1...10, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: renewBefore = nil
        case 1: renewBefore = .percent(Int.random(in: 1...99, using: &random))
        case 2: renewBefore = .remaining(.seconds(Int64.random(in: 1..<lifetime, using: &random)))
        // Mostly what the next run needs is what counts.
        default: renewBefore = .remaining(.seconds(1))
        }
        isOpaque = Int.random(in: 0..<6, using: &random) == 0
        switch Int.random(in: 0..<8, using: &random) {
        case 0: clockBehind = Int64.random(in: 1...60, using: &random)
        case 1: clockBehind = Int64.random(in: 90...7200, using: &random)
        case 2: clockBehind = Int64.random(in: -7200 ... -1, using: &random)
        default: clockBehind = 0
        }
        missedStarts = Bool.random(using: &random) ? 0 : Int.random(in: 1...60, using: &random)
        service = SimulatedService.Temper.allCases.randomElement(using: &random) ?? .steady
    }

    /// As many short ones as long ones.
    private static func logarithmic(_ range: ClosedRange<Int64>, _ random: inout SeededGenerator) -> Int64 {
        var upper = range.lowerBound
        var bounds = [upper]
        while upper < range.upperBound {
            upper = min(upper * 2, range.upperBound)
            bounds.append(upper)
        }
        let step = Int.random(in: 1..<bounds.count, using: &random)
        return Int64.random(in: bounds[step - 1]...bounds[step], using: &random)
    }

    /// The configuration file that says so.
    var configurationText: String {
        var text = """
            endpoint: test
            run_every: \(runEvery)s
            deadline: \(deadline)s
            splay: \(splay)s
            attempts: \(attempts)
            brands:
              - name: batik
                client_id: \(Sample.clientID)
                secret: { env: UNUSED }
                valid_time: \(lifetime / 60)m
                outputs: [{ file: batik.token }]

            """
        switch renewBefore {
        case nil: break
        case .percent(let percent): text += "    renew_before: \(percent)%\n"
        case .remaining(let duration): text += "    renew_before: \(duration.components.seconds)s\n"
        }
        return text
    }

    /// Up to how many seconds before its end a token is renewed, by the contract.
    func threshold(lifetime granted: Int64) -> Int64 {
        let life = isOpaque ? lifetime : granted
        switch renewBefore {
        case nil: return max(needed, life / 3)
        case .percent(let percent): return max(needed, life * Int64(percent) / 100)
        case .remaining(let duration): return max(needed, duration.components.seconds)
        }
    }
}
