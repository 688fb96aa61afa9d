// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// Why a transfer got no response.
package struct CurlError: Error, Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case hostNotResolved
        case proxyNotResolved
        case notConnected
        /// Connecting, or waiting for the response, exceeded its timeout.
        case timedOut
        /// The connection closed before a response began.
        case noResponse
        /// The connection closed in the middle of a response.
        case truncatedResponse
        /// HTTP does not allow this response, such as one with two lengths. A retry would get the same.
        case responseMalformed
        /// Not HTTP, or broken framing in the middle of a body. Possibly from another program than the server.
        case responseGarbled
        /// Body or headers exceed the limit.
        case responseTooLarge
        /// The connection closed during the TLS handshake.
        case tlsHandshake
        /// The peer rejected the handshake, or does not support the required TLS.
        case tlsRefused
        /// The certificate is not trusted for this host.
        case peerNotTrusted
        /// The store of trusted certificates cannot be read.
        case trustStoreUnusable
        /// The proxy itself was not reached.
        case proxyNotConnected
        case proxyRefused
        case proxyNeedsAuthentication
        /// HTTP/2 reset the stream or the connection.
        case http2
        /// ``HTTPClient/cancel()`` was called.
        case cancelled
        /// The request cannot be sent: an invalid header or URL.
        case requestInvalid
        case `internal`
    }

    package let kind: Kind
    /// A description of local facts and TLS only, never of what the peer sent.
    package let message: String
    /// Whether the connection was shared: if it closes, all requests on it fail.
    package var sharedConnection = false
    /// Set if ``HTTPOptions/measuresTime`` is true.
    package var timing: HTTPTiming?

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    static let cancelled = CurlError(kind: .cancelled, message: "the transfer was cancelled")

    static func sentence(_ code: CURLcode) -> String {
        unsafe String(cString: curl_easy_strerror(code))
    }

    /// Classifies a libcurl code, together with other facts about the transfer. Codes alone mislead: 1 ("unsupported
    /// protocol") can be an invalid status line, 27 ("out of memory") one oversized header, 56 a rejection by a proxy.
    /// - Parameters:
    ///   - status: 0 if no response began. `proxyStatus`: the same for CONNECT.
    ///   - detail: The error buffer of libcurl.
    ///   - isBeforeTLS: Whether the connection was new and the TLS handshake for the URL was not complete.
    static func sort(
        _ code: CURLcode, status: Int, proxyStatus: Int, detail: String, url: String, isBeforeTLS: Bool,
        trust: TrustStore
    ) -> CurlError {
        let kind: Kind
        var message = sentence(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: kind = .hostNotResolved
        case CURLE_COULDNT_RESOLVE_PROXY: kind = .proxyNotResolved
        case CURLE_COULDNT_CONNECT: kind = namesAnother(detail, than: url) ? .proxyNotConnected : .notConnected
        case CURLE_OPERATION_TIMEDOUT: kind = .timedOut
        case CURLE_GOT_NOTHING: kind = status == 101 ? .responseMalformed : .noResponse
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            if proxyStatus == 407 {
                kind = .proxyNeedsAuthentication
            } else if proxyStatus >= 400 || isBeforeTLS {
                // Before the TLS handshake, the peer is a proxy.
                kind = .proxyRefused
            } else if detail.contains("chunk") {
                kind = .responseGarbled
            } else {
                kind = status == 0 ? .noResponse : .truncatedResponse
            }
            if proxyStatus >= 400 { message = "the proxy responded to CONNECT with status \(proxyStatus)" }
        case CURLE_PARTIAL_FILE: kind = .truncatedResponse
        // The text quotes the OpenSSL error queue if the peer sent something, and the system error if it closed.
        case CURLE_SSL_CONNECT_ERROR: kind = detail.contains("error:") ? .tlsRefused : .tlsHandshake
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ISSUER_ERROR:
            // OpenSSL reports a missing directory only as an untrusted peer.
            if case .directory(let path) = trust, !TrustStore.isHashed(path) {
                return CurlError(
                    kind: .trustStoreUnusable,
                    message: "\(path) cannot be read or contains no hashed certificates; run `openssl rehash` on it")
            }
            kind = .peerNotTrusted
        case CURLE_SSL_CACERT_BADFILE: kind = .trustStoreUnusable
        case CURLE_PROXY: kind = .proxyRefused
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: kind = breaksHTTP2(detail) ? .responseGarbled : .http2
        case CURLE_URL_MALFORMAT: kind = .requestInvalid
        // Only http and https are used, so libcurl failed to parse the status line: it is missing ("HTTP/0.9") or
        // invalid.
        case CURLE_UNSUPPORTED_PROTOCOL: kind = detail.contains("HTTP/0.9") ? .responseGarbled : .responseMalformed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: kind = .responseMalformed
        // The headers begin with a folded line.
        case CURLE_BAD_FUNCTION_ARGUMENT where status > 0 || proxyStatus > 0: kind = .responseMalformed
        case CURLE_OUT_OF_MEMORY: kind = .responseTooLarge
        default: kind = .internal
        }
        switch kind {
        case .hostNotResolved, .proxyNotResolved, .notConnected, .proxyNotConnected, .timedOut, .tlsHandshake,
            .tlsRefused,
            .peerNotTrusted, .trustStoreUnusable:
            if !detail.isEmpty { message = printable(detail) }
        default: break
        }
        return CurlError(kind: kind, message: message)
    }

    /// Whether the libcurl text about a failed connection ("Failed to connect to HOST port NUMBER after …") names
    /// another peer than the URL does. It is the proxy then, from the options or the environment.
    private static func namesAnother(_ detail: String, than url: String) -> Bool {
        let words = detail.split(separator: " ")
        guard detail.hasPrefix("Failed to connect to "), words.count > 6, words[5] == "port" else { return false }
        let authority = url.split(separator: "/").dropFirst().first ?? ""
        var host = authority.drop { $0 == "[" }
        var port: Substring = url.hasPrefix("https:") ? "443" : "80"
        // A colon after the last bracket separates the port. The colons of an IPv6 address are inside brackets.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        if host.last == "]" { host = host.dropLast() }
        return words[4].lowercased() != host.lowercased() || words[6] != port
    }

    /// Whether the peer reset a stream because of invalid bytes (RFC 9113 §7: PROTOCOL_ERROR, FLOW_CONTROL_ERROR,
    /// FRAME_SIZE_ERROR, COMPRESSION_ERROR), as libcurl quotes the code.
    private static func breaksHTTP2(_ detail: String) -> Bool {
        [1, 3, 6, 9].contains { detail.hasSuffix("(err \($0))") }
    }

    /// At most 200 printable ASCII characters. The text may quote fields of a certificate.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { (0x20...0x7e).contains($0.value) ? Character($0) : "?" })
    }
}
