// SPDX-License-Identifier: Apache-2.0

package import DurableFiles

/// Why a brand has no new token: a code for machines, a sentence for people, and whether another run may help.
package struct BrandFailure: Error, Sendable, Equatable {
    /// Stable values of the report and the metrics. They are never renamed; new ones may be added.
    package enum Code: String, Sendable, CaseIterable {
        case secretUnreadable = "secret-unreadable"
        case outputRefused = "output-refused"
        case outputNotWritten = "output-not-written"
        case durabilityUnknown = "durability-unknown"
        case diskHangs = "disk-hangs"
        case accountUnknown = "account-unknown"
        case hostNotResolved = "host-not-resolved"
        case notConnected = "not-connected"
        case timedOut = "timed-out"
        case connectionLost = "connection-lost"
        case tlsFailed = "tls-failed"
        case tlsRefused = "tls-refused"
        case tlsIdentity = "tls-identity"
        case tlsTrustStore = "tls-trust-store"
        case proxyFailed = "proxy-failed"
        case proxyNotResolved = "proxy-not-resolved"
        case proxyAuthentication = "proxy-authentication"
        case credentialsRejected = "credentials-rejected"
        case clockSkew = "clock-skew"
        case requestRefused = "request-refused"
        case requestIDSpent = "request-id-spent"
        case rateLimited = "rate-limited"
        case serverError = "server-error"
        case redirectRefused = "redirect-refused"
        case responseMalformed = "answer-malformed"
        case responseTooLarge = "answer-too-large"
        case responseSignature = "answer-signature"
        case tokenInvalid = "token-invalid"
        case tokenExpired = "token-expired"
        case tokenForeign = "token-foreign"
        case shortLived = "short-lived"
        case storeNotConfigured = "store-not-configured"
        case storeUnavailable = "store-unavailable"
        case storeUntrusted = "store-untrusted"
        case storeUnauthorized = "store-unauthorized"
        case storeForbidden = "store-forbidden"
        case storeNotFound = "store-not-found"
        case storeConflict = "store-conflict"
        case storeChanged = "store-changed"
        case storeTooLarge = "store-too-large"
        case storeRefused = "store-refused"
        case storeResponse = "store-answer"
        case deadlineExceeded = "deadline-exceeded"
        case stopped
        case unfinished
        case `internal`
    }

    package let code: Code
    /// What happened and what to do. It holds no secret or token, and of a body only DOKU's own bounded words.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same run may succeed a little later, without anyone changing anything.
    package var isTransient: Bool {
        switch code {
        case .hostNotResolved, .notConnected, .timedOut, .connectionLost, .tlsFailed, .proxyFailed, .requestIDSpent,
            .rateLimited, .serverError, .durabilityUnknown, .diskHangs, .storeUnavailable, .storeChanged,
            .deadlineExceeded, .stopped, .unfinished:
            true
        case .secretUnreadable, .outputRefused, .outputNotWritten, .accountUnknown, .tlsRefused,
            .tlsIdentity, .tlsTrustStore, .proxyNotResolved, .proxyAuthentication, .credentialsRejected, .clockSkew,
            .requestRefused, .redirectRefused, .responseMalformed, .responseTooLarge, .responseSignature, .tokenInvalid,
            .tokenExpired, .tokenForeign, .storeNotConfigured, .storeUntrusted, .storeUnauthorized, .storeForbidden,
            .storeNotFound, .storeConflict, .storeTooLarge, .storeRefused, .storeResponse, .shortLived, .internal:
            false
        }
    }
}

extension BrandFailure {
    /// What a file's error means for the brand that has it.
    /// - Parameter code: the code, unless the error has a more specific one.
    package init(_ code: Code, _ error: FileError) {
        self.init(error.reason == .hanging ? .diskHangs : code, "\(error)")
    }
}
