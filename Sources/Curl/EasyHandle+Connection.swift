// SPDX-License-Identifier: Apache-2.0

internal import CCurl

extension EasyHandle {
    /// Of the connection that the last answer came over; -1 where that is closed.
    var socket: curl_socket_t {
        var socket: curl_socket_t = -1
        unsafe _ = curl_getinfo_socket(handle, CURLINFO_ACTIVESOCKET, &socket)
        return socket
    }

    /// Whether it may carry another request. libcurl 7.88 keeps a pointer to the last header of an answer after it freed
    /// that, and writes there when the next answer begins with a folded line (RFC 9112 §5.2), which HTTP/1 alone has:
    /// to reset the handle does not help, to refuse the line comes too late. A proxy answers in HTTP/1 before others do.
    var isReusable: Bool { number(CURLINFO_HTTP_VERSION) == CURL_HTTP_VERSION_2_0 && proxyStatus == 0 }

    /// Of the proxy's answer to CONNECT, 0 where there was none.
    var proxyStatus: Int { number(CURLINFO_HTTP_CONNECTCODE) }

    /// Whether the request made a connection, rather than share one that another had made.
    var madeConnection: Bool { number(CURLINFO_NUM_CONNECTS) > 0 }

    /// Whether the last answer came over a connection that carries one request at a time.
    var spokeHTTP1: Bool {
        let version = number(CURLINFO_HTTP_VERSION)
        return version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1
    }

    private func number(_ info: CURLINFO) -> Int {
        var number = 0
        unsafe _ = curl_getinfo_long(handle, info, &number)
        return number
    }
}
