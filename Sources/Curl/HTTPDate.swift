// SPDX-License-Identifier: Apache-2.0

internal import CCurl

package enum HTTPDate {
    /// Seconds since 1970 for a date in one of the three forms of RFC 9110 §5.6.7; nil for other text.
    package static func seconds(_ text: String) -> Int64? {
        // The libcurl parser accepts more forms. An HTTP date begins with a day name and is short.
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(where: text.hasPrefix)
        else { return nil }
        let seconds = unsafe curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}

/// Parses a `Retry-After` header (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// In seconds. The header has no maximum, but no run is longer than this.
    private static let longest: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - value: Seconds, or a date relative to `date`.
    ///   - date: The `Date` header of the response; without it a date in `value` is relative to `now`.
    ///   - now: Seconds since 1970.
    /// - Returns: nil for other text; zero for a past date.
    package static func wait(_ value: String, date: String?, now: Int64) -> Duration? {
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(min(Int64(value) ?? .max, longest))
        }
        guard let moment = HTTPDate.seconds(value) else { return nil }
        let start = date.flatMap(HTTPDate.seconds) ?? now
        return .seconds(min(max(0, moment - start), longest))
    }
}
