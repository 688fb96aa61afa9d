// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// Why a transfer brought no answer.
package struct CurlError: Error, Sendable, Equatable {
    /// What went wrong, in the terms of those who must decide whether to try again.
    package enum Kind: String, Sendable, CaseIterable {
        case hostNotResolved
        case proxyNotResolved
        case notConnected
        /// Connecting, or waiting for the answer, took longer than allowed.
        case timedOut
        /// The connection ended before an answer began.
        case noAnswer
        /// The connection ended inside an answer.
        case answerCut
        /// An answer that HTTP does not allow, such as one of two lengths: its sender would make it again.
        case answerMalformed
        /// What came is no HTTP at all, or no longer: bytes of somebody else, a body whose framing broke midway.
        case answerGarbled
        /// Body or headers above the limit.
        case answerTooLarge
        /// The connection ended in the handshake.
        case tlsHandshake
        /// The peer answered the handshake with something else than TLS as we demand it.
        case tlsRefused
        /// The certificate is not one we trust for this host.
        case peerNotTrusted
        /// Our own store of trusted authorities cannot be read.
        case trustStoreUnusable
        case proxyRefused
        case proxyNeedsAuthentication
        /// A stream or the whole connection was reset on the HTTP/2 level.
        case http2
        /// ``Transfers/cancel()`` was called.
        case cancelled
        /// The request itself cannot be sent: a control character in a header, an unusable URL.
        case requestInvalid
        case `internal`
    }

    package let kind: Kind
    /// libcurl's number (`CURLE_…`), 0 where the verdict is ours.
    package let code: Int32
    /// libcurl's sentence; of local facts and TLS only, never of what the peer sent.
    package let message: String
    /// Whether it went over a connection that others had made: one that ends takes all of them with it.
    package var sharedConnection = false
    /// Where it was asked for.
    package var timing: TransferTiming?

    package init(kind: Kind, code: Int32 = 0, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    static let cancelled = CurlError(kind: .cancelled, message: "the transfer was cancelled")

    /// The general sentence of a libcurl code.
    static func sentence(_ code: CURLcode) -> String {
        unsafe String(cString: curl_easy_strerror(code))
    }

    /// Sorts a libcurl code by what else is known of the transfer.
    ///
    /// The codes alone mislead: 1 ("unsupported protocol") can be a bad status line, 27 ("out of memory") one
    /// oversized header, 56 a proxy's refusal.
    /// - Parameters:
    ///   - status: of the answer, 0 where none began.
    ///   - proxyStatus: of the proxy's answer to CONNECT, 0 where there was none.
    ///   - detail: libcurl's error buffer.
    ///   - url: of the request.
    ///   - isBeforeTLS: whether the connection was new, and the handshake that the URL asks for had not been made.
    ///   - trust: where trusted certificates were looked for.
    static func sort(
        _ code: CURLcode, status: Int, proxyStatus: Int, detail: String, url: String, isBeforeTLS: Bool,
        trust: TrustStore
    ) -> CurlError {
        let kind: Kind
        var message = sentence(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: kind = .hostNotResolved
        case CURLE_COULDNT_RESOLVE_PROXY: kind = .proxyNotResolved
        case CURLE_COULDNT_CONNECT: kind = namesAnother(detail, than: url) ? .proxyRefused : .notConnected
        case CURLE_OPERATION_TIMEDOUT: kind = .timedOut
        case CURLE_GOT_NOTHING: kind = status == 101 ? .answerMalformed : .noAnswer
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            if proxyStatus == 407 {
                kind = .proxyNeedsAuthentication
            } else if proxyStatus >= 400 || isBeforeTLS {
                // What is lost before the handshake began was said to a proxy.
                kind = .proxyRefused
            } else if detail.contains("chunk") {
                kind = .answerGarbled
            } else {
                kind = status == 0 ? .noAnswer : .answerCut
            }
            if proxyStatus >= 400 { message = "the proxy answered CONNECT with status \(proxyStatus)" }
        case CURLE_PARTIAL_FILE: kind = .answerCut
        // OpenSSL quotes its error queue where the peer said something, and the system's error where it went.
        case CURLE_SSL_CONNECT_ERROR: kind = detail.contains("error:") ? .tlsRefused : .tlsHandshake
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ISSUER_ERROR:
            // OpenSSL finds nobody to trust in a directory that is missing, and says no more.
            if case .directory(let path) = trust, !TrustStore.isHashed(path) {
                return CurlError(
                    kind: .trustStoreUnusable, code: Int32(bitPattern: code.rawValue),
                    message: "\(path) cannot be read, or holds no certificate under its hash")
            }
            kind = .peerNotTrusted
        case CURLE_SSL_CACERT_BADFILE: kind = .trustStoreUnusable
        case CURLE_PROXY: kind = .proxyRefused
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: kind = breaksHTTP2(detail) ? .answerGarbled : .http2
        case CURLE_URL_MALFORMAT: kind = .requestInvalid
        // We send http and https only, so that the peer's status line is what libcurl did not recognise: none at all
        // ("HTTP/0.9"), or a wrong one.
        case CURLE_UNSUPPORTED_PROTOCOL: kind = detail.contains("HTTP/0.9") ? .answerGarbled : .answerMalformed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: kind = .answerMalformed
        // A header that begins with a folded line.
        case CURLE_BAD_FUNCTION_ARGUMENT where status > 0 || proxyStatus > 0: kind = .answerMalformed
        case CURLE_OUT_OF_MEMORY: kind = .answerTooLarge
        default: kind = .internal
        }
        switch kind {
        case .hostNotResolved, .proxyNotResolved, .notConnected, .timedOut, .tlsHandshake, .tlsRefused,
            .peerNotTrusted, .trustStoreUnusable:
            if !detail.isEmpty { message = printable(detail) }
        case .proxyRefused where code == CURLE_COULDNT_CONNECT: message = printable(detail)
        default: break
        }
        return CurlError(kind: kind, code: Int32(bitPattern: code.rawValue), message: message)
    }

    /// Whether libcurl's sentence about a failed connection ("Failed to connect to HOST port NUMBER after …") names
    /// another peer than the URL's own: the proxy, then, be it from the options or the environment.
    private static func namesAnother(_ detail: String, than url: String) -> Bool {
        let words = detail.split(separator: " ")
        guard detail.hasPrefix("Failed to connect to "), words.count > 6, words[5] == "port" else { return false }
        let authority = url.split(separator: "/").dropFirst().first ?? ""
        var host = authority.drop { $0 == "[" }
        var port: Substring = url.hasPrefix("https:") ? "443" : "80"
        // A colon behind the last bracket is the port's; those of an IPv6 address stand before it.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        if host.last == "]" { host = host.dropLast() }
        return words[4].lowercased() != host.lowercased() || words[6] != port
    }

    /// Whether a stream was ended by a complaint about its bytes (RFC 9113 §7: PROTOCOL_ERROR, FLOW_CONTROL_ERROR,
    /// FRAME_SIZE_ERROR, COMPRESSION_ERROR), as libcurl quotes it, and by no accident.
    private static func breaksHTTP2(_ detail: String) -> Bool {
        [1, 3, 6, 9].contains { detail.hasSuffix("(err \($0))") }
    }

    /// At most 200 visible ASCII characters of a sentence that may quote a certificate's fields.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { (0x20...0x7e).contains($0.value) ? Character($0) : "?" })
    }
}
