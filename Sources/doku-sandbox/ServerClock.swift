// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The clock of the server, which may be wrong on purpose, and the formats of its time.
struct ServerClock: Sendable {
    /// Seconds by which the clock is ahead of this machine.
    let offset: Int

    /// Whole seconds since 1970.
    var now: Int { Int(Date.now.timeIntervalSince1970.rounded(.down)) + offset }

    /// `YYYY-MM-DDTHH:MM:SSZ`, the format of Request-Timestamp and Response-Timestamp.
    static func timestamp(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// Parses such a timestamp. Nil for any other format and for a day that does not exist.
    static func seconds(ofTimestamp text: String) -> Int? {
        guard text.utf8.count == 20, let date = try? Date(text, strategy: .iso8601) else { return nil }
        let seconds = Int(date.timeIntervalSince1970)
        // The parser accepts more formats than DOKU does.
        return timestamp(seconds) == text ? seconds : nil
    }

    /// The format of the Date header, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    static func httpDate(_ seconds: Int) -> String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // 1970 began on a Thursday. Earlier days are negative.
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let weekday = weekdays[((days + 4) % 7 + 7) % 7]
        let fields = timestamp(seconds).split { !$0.isNumber }
        let month = months[(Int(fields[1]) ?? 1) - 1]
        return "\(weekday), \(fields[2]) \(month) \(fields[0]) \(fields[3]):\(fields[4]):\(fields[5]) GMT"
    }
}
