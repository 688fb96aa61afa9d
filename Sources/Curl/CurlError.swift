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
        /// The peer does not speak HTTP as we know it.
        case answerMalformed
        /// Body or headers above the limit.
        case answerTooLarge
        case tlsHandshake
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
    static func sort(_ code: CURLcode, status: Int, proxyStatus: Int, detail: String) -> CurlError {
        let kind: Kind
        var message = sentence(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: kind = .hostNotResolved
        case CURLE_COULDNT_RESOLVE_PROXY: kind = .proxyNotResolved
        case CURLE_COULDNT_CONNECT: kind = .notConnected
        case CURLE_OPERATION_TIMEDOUT: kind = .timedOut
        case CURLE_GOT_NOTHING: kind = status == 101 ? .answerMalformed : .noAnswer
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            if proxyStatus == 407 {
                kind = .proxyNeedsAuthentication
            } else if proxyStatus >= 400 {
                kind = .proxyRefused
            } else if detail.contains("chunk") {
                kind = .answerMalformed
            } else {
                kind = status == 0 ? .noAnswer : .answerCut
            }
            if proxyStatus >= 400 { message = "the proxy answered CONNECT with status \(proxyStatus)" }
        case CURLE_PARTIAL_FILE: kind = .answerCut
        case CURLE_SSL_CONNECT_ERROR: kind = .tlsHandshake
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ISSUER_ERROR:
            kind = .peerNotTrusted
        case CURLE_SSL_CACERT_BADFILE: kind = .trustStoreUnusable
        case CURLE_PROXY: kind = .proxyRefused
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: kind = .http2
        case CURLE_URL_MALFORMAT: kind = .requestInvalid
        // We send http and https only, so that the peer's status line is what libcurl did not recognise.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: kind = .answerMalformed
        case CURLE_OUT_OF_MEMORY: kind = .answerTooLarge
        default: kind = .internal
        }
        switch kind {
        case .hostNotResolved, .proxyNotResolved, .notConnected, .timedOut, .tlsHandshake, .peerNotTrusted,
            .trustStoreUnusable:
            if !detail.isEmpty { message = printable(detail) }
        default: break
        }
        return CurlError(kind: kind, code: Int32(bitPattern: code.rawValue), message: message)
    }

    /// At most 200 visible ASCII characters of a sentence that may quote a certificate's fields.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { (0x20...0x7e).contains($0.value) ? Character($0) : "?" })
    }
}
