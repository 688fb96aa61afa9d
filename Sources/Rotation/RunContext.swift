// SPDX-License-Identifier: Apache-2.0

package import Curl
internal import DurableFiles
package import Model

/// The run's source of random numbers, which a test can replace, and its observer.
package struct RunContext: Sendable {
    /// Uniform in 0..<1.
    let random: @Sendable () -> Double
    /// Receives the run's events; nil if there is no observer.
    let observe: (@Sendable (RunEvent) -> Void)?

    package init(
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.random = random
        self.observe = observe
    }
}

/// Progress of a run, for display. Many threads send events, so a receiver must return quickly.
package enum RunEvent: Sendable {
    case began(brands: Int)
    case sent
    case responded(Attempt)
    case done(isFailure: Bool)

    /// One completed request of one brand.
    package struct Attempt: Sendable {
        package let brand: String
        package let number: Int
        /// Why the attempt produced no token.
        package let failure: BrandFailure?
        /// The wait before the next attempt; nil after the last one.
        package let retryDelay: Duration?
        package let status: Int?
        package let timing: HTTPTiming?
    }
}

/// A version 4 UUID (RFC 9562 §5.4) in lower case.
package enum RandomIdentifier {
    package static func make() -> String {
        let high = RandomNumbers.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = RandomNumbers.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let text = [UInt8](capacity: 36) { text in
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
                let value = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: value &>> UInt64(60 - 4 * (digit & 15))) & 15
                text.append(nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
