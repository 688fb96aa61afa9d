// SPDX-License-Identifier: Apache-2.0

internal import CCurl

extension EasyHandle {
    /// Of the connection that the last answer came over; -1 where that is closed.
    var socket: curl_socket_t {
        var socket: curl_socket_t = -1
        unsafe _ = curl_getinfo_socket(handle, CURLINFO_ACTIVESOCKET, &socket)
        return socket
    }

    /// Whether the last answer came over a connection that carries one request at a time.
    var spokeHTTP1: Bool {
        var version = 0
        unsafe _ = curl_getinfo_long(handle, CURLINFO_HTTP_VERSION, &version)
        return version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1
    }
}
