// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport

/// The setting of one simulated history: a configuration, a scheduler, a service and a clock, all from one seed.
struct SimulatedSetting {
    /// In seconds, like the other times here.
    let runEvery: Int64
    let deadline: Int64
    let splay: Int64
    let requestTimeout: Int64
    let attempts: Int
    /// The requested lifetime.
    let lifetime: Int64
    let renewBefore: RenewalThreshold?
    /// Whether the tokens have no claims, so that only the age of their file is known.
    let isOpaque: Bool
    /// How far this host's clock is behind the service's clock, which is correct; negative if it is ahead.
    let clockBehind: Int64
    /// How many of a hundred starts the scheduler misses.
    let missedStarts: Int
    let service: SimulatedService.Temper

    /// The remaining time that a token needs, by the contract.
    var needed: Int64 { runEvery + deadline + splay + 60 }

    /// How much of the minute of tolerance this host's clock error may use. The scheduler may be late by the rest.
    ///
    /// If the file shows that this host's clock is behind, the expiry counts by the service's clock. The age of an
    /// opaque token counts from the response, not from its issue. Both are wrong by the response time and by rounding.
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
        // The needs of the next run then decide.
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

    /// A random value: each power of two of the range is equally likely.
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

    /// The text of the configuration file.
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

    /// How many seconds before it expires a token is renewed, by the contract.
    func threshold(lifetime granted: Int64) -> Int64 {
        let life = isOpaque ? lifetime : granted
        switch renewBefore {
        case nil: return max(needed, life / 3)
        case .percent(let percent): return max(needed, life * Int64(percent) / 100)
        case .remaining(let duration): return max(needed, duration.components.seconds)
        }
    }
}
