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
