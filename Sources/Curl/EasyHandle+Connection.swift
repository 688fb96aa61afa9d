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
    /// has. Resetting the handle does not help, and rejecting the line comes too late. A proxy response is HTTP/1
    /// too.
    var isReusable: Bool { number(CURLINFO_HTTP_VERSION) == CURL_HTTP_VERSION_2_0 && proxyStatus == 0 }

    /// Status of the proxy response to CONNECT; 0 without one.
    var proxyStatus: Int { number(CURLINFO_HTTP_CONNECTCODE) }

    /// Whether the request opened its connection instead of sharing one.
    var madeConnection: Bool { number(CURLINFO_NUM_CONNECTS) > 0 }

    /// Whether the connection carries one request at a time.
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
