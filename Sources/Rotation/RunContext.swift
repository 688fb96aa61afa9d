// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model

/// The run's sources of time, random numbers and identifiers, and its observer. A test can replace them.
package struct RunContext: Sendable {
    package var now: @Sendable () -> Timestamp
    /// Uniform in 0..<1.
    package var random: @Sendable () -> Double
    /// A new Request-Id that is never reused: at most 128 visible ASCII characters.
    package var requestID: @Sendable () -> String
    /// Receives the run's events; nil if there is no observer.
    package var observe: (@Sendable (RunEvent) -> Void)?

    package init(
        now: @escaping @Sendable () -> Timestamp = { .now },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        requestID: @escaping @Sendable () -> String = RandomIdentifier.make,
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.now = now
        self.random = random
        self.requestID = requestID
        self.observe = observe
    }
}

/// A version 4 UUID (RFC 9562 §5.4) in lower case.
package enum RandomIdentifier {
    package static let make: @Sendable () -> String = {
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
