// SPDX-License-Identifier: Apache-2.0

import Curl
import TestSupport

/// DOKU as a run sees it: slow responses, failed requests and outages.
struct SimulatedService {
    enum Temper: CaseIterable, Sendable {
        /// Every request gets a token in time.
        case steady
        /// Many single requests fail.
        case flaky
        /// Repeated outages.
        case failing
        /// Sometimes grants a shorter lifetime than requested.
        case stingy
    }

    /// The result of one request.
    struct Ending {
        /// Its duration in milliseconds.
        let took: Int64
        /// nil if a token was granted.
        let failure: Result<HTTPResponse, CurlError>?
        /// The granted lifetime in seconds.
        let lifetime: Int64
    }

    private let setting: SimulatedSetting
    /// The last outage, in milliseconds.
    private var outage: Range<Int64> = 0..<0

    init(_ setting: SimulatedSetting) {
        self.setting = setting
    }

    mutating func answer(at time: Int64, using random: inout SeededGenerator) -> Ending {
        let timeout = setting.requestTimeout * 1000
        var fails = false
        var lifetime = setting.lifetime
        switch setting.service {
        case .steady: break
        case .flaky: fails = Int.random(in: 0..<10, using: &random) < 6
        case .failing:
            if time >= outage.upperBound, Int.random(in: 0..<4, using: &random) == 0 {
                outage = time..<(time + Int64.random(in: 1...setting.runEvery * 3000, using: &random))
            }
            fails = outage.contains(time)
        case .stingy:
            if Int.random(in: 0..<4, using: &random) == 0 {
                lifetime = Int64.random(in: 1...setting.lifetime, using: &random)
            }
        }
        guard fails else {
            // At once, just in time, or in between.
            let took =
                switch Int.random(in: 0..<3, using: &random) {
                case 0: Int64(1)
                case 1: timeout - 1
                default: Int64.random(in: 1..<timeout, using: &random)
                }
            return Ending(took: took, failure: nil, lifetime: lifetime)
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Self.failure(timeout, .failure(CurlError(kind: .timedOut, message: "")))
        case 1: return Self.failure(1, .failure(CurlError(kind: .notConnected, message: "")))
        case 2: return Self.failure(100, .success(HTTPResponse(status: 503, headers: ["retry-after": "7"])))
        default: return Self.failure(100, .success(HTTPResponse(status: 500)))
        }
    }

    private static func failure(_ took: Int64, _ result: Result<HTTPResponse, CurlError>) -> Ending {
        Ending(took: took, failure: result, lifetime: 0)
    }
}
