// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A moment in whole seconds since 1970, UTC: the precision of DOKU's signatures and of tokens.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Within years 1970 to 9999.
    package let seconds: Int64

    /// The last second of year 9999. Common formats end there.
    private static let latest: Int64 = 253_402_300_799

    /// Moves seconds outside years 1970 to 9999 to the nearest limit.
    package init(seconds: Int64) {
        self.seconds = min(max(seconds, 0), Self.latest)
    }

    /// A JWT's NumericDate (RFC 7519 §2), which may have a fraction; nil after year 9999. A date before 1970 becomes
    /// 1970, which is in the past as well.
    init?(numericDate: Double) {
        guard numericDate.isFinite, numericDate <= Double(Self.latest) else { return nil }
        seconds = Int64(max(0, numericDate))
    }

    /// `2026-11-22T09:30:00Z`, the form of ``description``; nil for any other form, and for an invalid date.
    package init?(_ text: String) {
        guard text.utf8.count == 20, let date = try? Date.ISO8601FormatStyle().parse(text) else { return nil }
        self.init(seconds: Int64(date.timeIntervalSince1970))
        guard description == text else { return nil }
    }

    package static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }

    /// How far two clocks may differ. A token that expires within this time may already be expired by another clock.
    package static let clockTolerance: Duration = .seconds(60)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// The time from `earlier` to this moment; negative if this moment is earlier.
    package func since(_ earlier: Timestamp) -> Duration { .seconds(seconds - earlier.seconds) }

    package func advanced(by duration: Duration) -> Timestamp {
        Timestamp(seconds: seconds + duration.components.seconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// `2026-11-22T09:30:00Z`, the form that DOKU requires.
    package var description: String {
        let (date, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        // Converts days to a Gregorian date, in eras of 400 years from 0000-03-01
        // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let days = date + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        var text: [UInt8] = []
        text.reserveCapacity(20)
        func write(_ value: Int64, digits: Int, _ mark: Unicode.Scalar) {
            var divisor: Int64 = digits == 4 ? 1000 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: mark))
        }
        write(year, digits: 4, "-")
        write(month, digits: 2, "-")
        write(day, digits: 2, "T")
        write(time / 3600, digits: 2, ":")
        write(time / 60 % 60, digits: 2, ":")
        write(time % 60, digits: 2, "Z")
        return String(decoding: text, as: UTF8.self)
    }
}

extension Duration {
    package var magnitude: Duration { self < .zero ? .zero - self : self }
}
