// SPDX-License-Identifier: Apache-2.0

internal import CCurl

extension EasyHandle {
    /// The socket of the last response; -1 if it is closed.
    var socket: curl_socket_t {
        var socket: curl_socket_t = -1
        unsafe _ = curl_getinfo_socket(handle, CURLINFO_ACTIVESOCKET, &socket)
        return socket
    }

    /// Whether the handle may be used again. libcurl 7.88 keeps a pointer to the last header of a response after
    /// freeing it. It writes there if the next response begins with a folded line (RFC 9112 §5.2), which only HTTP/1
    /// has, also of a proxy. Resetting the handle does not help, and rejecting the line comes too late.
    var isReusable: Bool { httpVersion == "HTTP/2" && proxyStatus == 0 }

    var proxyStatus: Int { number(CURLINFO_HTTP_CONNECTCODE) }

    /// Whether the request opened its connection instead of sharing one.
    var madeConnection: Bool { number(CURLINFO_NUM_CONNECTS) > 0 }

    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`; nil without a response.
    var httpVersion: String? {
        switch number(CURLINFO_HTTP_VERSION) {
        case CURL_HTTP_VERSION_1_0: "HTTP/1.0"
        case CURL_HTTP_VERSION_1_1: "HTTP/1.1"
        case CURL_HTTP_VERSION_2_0: "HTTP/2"
        default: nil
        }
    }

    func duration(_ info: CURLINFO) -> Duration {
        var microseconds: curl_off_t = 0
        unsafe _ = curl_getinfo_offset(handle, info, &microseconds)
        return .microseconds(Int64(microseconds))
    }

    private func number(_ info: CURLINFO) -> Int {
        var number = 0
        unsafe _ = curl_getinfo_long(handle, info, &number)
        return number
    }
}

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

    init(of handle: EasyHandle) {
        resolved = handle.duration(CURLINFO_NAMELOOKUP_TIME_T)
        connected = handle.duration(CURLINFO_CONNECT_TIME_T)
        secured = handle.duration(CURLINFO_APPCONNECT_TIME_T)
        firstByte = handle.duration(CURLINFO_STARTTRANSFER_TIME_T)
        total = handle.duration(CURLINFO_TOTAL_TIME_T)
        httpVersion = handle.httpVersion
    }
}
