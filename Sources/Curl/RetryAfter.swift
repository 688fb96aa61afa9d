// SPDX-License-Identifier: Apache-2.0

/// What a `Retry-After` header (RFC 9110 §10.2.3) asks for.
package enum RetryAfter {
    /// Seconds. The header sets no bound to its digits, nor to the year of a date; what is longer than this is longer
    /// than any run.
    private static let longest: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - value: seconds, or a date, which counts from `date`.
    ///   - date: the answer's `Date`; without it a date in `value` counts from `now`.
    ///   - now: in seconds since 1970.
    /// - Returns: nil for anything that is neither; zero for a date that is past.
    package static func wait(_ value: String, date: String?, now: Int64) -> Duration? {
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(min(Int64(value) ?? .max, longest))
        }
        guard let moment = HTTPDate.seconds(value) else { return nil }
        let start = date.flatMap(HTTPDate.seconds) ?? now
        return .seconds(min(max(0, moment - start), longest))
    }
}
