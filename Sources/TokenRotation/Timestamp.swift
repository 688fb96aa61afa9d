// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A moment of the wall clock in whole seconds since 1970, UTC: what DOKU signs, and what tokens carry.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Within years 1970 to 9999.
    package let seconds: Int64

    /// The last second of year 9999: beyond it no common format goes.
    private static let latest: Int64 = 253_402_300_799

    /// Seconds outside years 1970 to 9999 are moved to the nearest end.
    package init(seconds: Int64) {
        self.seconds = min(max(seconds, 0), Self.latest)
    }

    /// A JWT's NumericDate (RFC 7519 §2), which may have a fraction; nil where it is not a date of years 1970 to 9999.
    init?(numericDate: Double) {
        guard numericDate >= 0, numericDate <= Double(Self.latest) else { return nil }
        seconds = Int64(numericDate)
    }

    package static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// The time from `earlier` to this, negative where this comes first.
    package func since(_ earlier: Timestamp) -> Duration { .seconds(seconds - earlier.seconds) }

    package func advanced(by duration: Duration) -> Timestamp {
        Timestamp(seconds: seconds + duration.components.seconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// `2026-11-22T09:30:00Z`, the form that DOKU asks for.
    package var description: String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
