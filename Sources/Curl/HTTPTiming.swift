// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// Times from the start of a transfer to the end of each part (`CURLINFO_*_TIME_T`). 0 for a part that was not
/// needed, such as connecting on an open connection.
package struct HTTPTiming: Sendable, Equatable {
    package let resolved: Duration
    package let connected: Duration
    /// The end of the TLS handshake.
    package let secured: Duration
    package let firstByte: Duration
    package let total: Duration
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`; nil without a response.
    package let httpVersion: String?

    @unsafe init(of handle: UnsafeMutableRawPointer) {
        func time(_ info: CURLINFO) -> Duration {
            var microseconds: curl_off_t = 0
            unsafe _ = curl_getinfo_offset(handle, info, &microseconds)
            return .microseconds(Int64(microseconds))
        }
        resolved = time(CURLINFO_NAMELOOKUP_TIME_T)
        connected = time(CURLINFO_CONNECT_TIME_T)
        secured = time(CURLINFO_APPCONNECT_TIME_T)
        firstByte = time(CURLINFO_STARTTRANSFER_TIME_T)
        total = time(CURLINFO_TOTAL_TIME_T)
        var version = 0
        unsafe _ = curl_getinfo_long(handle, CURLINFO_HTTP_VERSION, &version)
        httpVersion =
            switch version {
            case CURL_HTTP_VERSION_1_0: "HTTP/1.0"
            case CURL_HTTP_VERSION_1_1: "HTTP/1.1"
            case CURL_HTTP_VERSION_2_0: "HTTP/2"
            default: nil
            }
    }
}
