// SPDX-License-Identifier: Apache-2.0

package import DurableFiles

/// Why a brand has no new token: a code for machines, a sentence for people, and whether another run may help.
package struct BrandFailure: Error, Sendable, Equatable {
    /// A stable value of the report and the metrics, never renamed. A module may add its own in an extension.
    package struct Code: Sendable, Hashable {
        package enum Class: Sendable {
            /// The same run may succeed a little later, without anyone changing anything.
            case transient
            case permanent
        }

        /// A few words in kebab case.
        package let text: String
        package let `class`: Class

        package init(_ text: String, _ class: Class) {
            self.text = text
            self.class = `class`
        }

        package static let secretUnreadable = Code("secret-unreadable", .permanent)
        package static let outputRefused = Code("output-refused", .permanent)
        package static let outputNotWritten = Code("output-not-written", .permanent)
        package static let durabilityUnknown = Code("durability-unknown", .transient)
        package static let diskHangs = Code("disk-hangs", .transient)
        package static let accountUnknown = Code("account-unknown", .permanent)
        package static let hostNotResolved = Code("host-not-resolved", .transient)
        package static let notConnected = Code("not-connected", .transient)
        package static let timedOut = Code("timed-out", .transient)
        package static let connectionLost = Code("connection-lost", .transient)
        package static let tlsFailed = Code("tls-failed", .transient)
        package static let tlsRefused = Code("tls-refused", .permanent)
        package static let tlsIdentity = Code("tls-identity", .permanent)
        package static let tlsTrustStore = Code("tls-trust-store", .permanent)
        package static let proxyFailed = Code("proxy-failed", .transient)
        package static let proxyNotResolved = Code("proxy-not-resolved", .permanent)
        package static let proxyAuthentication = Code("proxy-authentication", .permanent)
        package static let credentialsRejected = Code("credentials-rejected", .permanent)
        package static let clockSkew = Code("clock-skew", .permanent)
        package static let requestRefused = Code("request-refused", .permanent)
        package static let requestIDSpent = Code("request-id-spent", .transient)
        package static let rateLimited = Code("rate-limited", .transient)
        package static let serverError = Code("server-error", .transient)
        package static let redirectRefused = Code("redirect-refused", .permanent)
        package static let responseMalformed = Code("answer-malformed", .permanent)
        package static let responseTooLarge = Code("answer-too-large", .permanent)
        package static let responseSignature = Code("answer-signature", .permanent)
        package static let tokenInvalid = Code("token-invalid", .permanent)
        package static let tokenExpired = Code("token-expired", .permanent)
        package static let tokenForeign = Code("token-foreign", .permanent)
        package static let shortLived = Code("short-lived", .permanent)
        package static let deadlineExceeded = Code("deadline-exceeded", .transient)
        package static let stopped = Code("stopped", .transient)
        package static let unfinished = Code("unfinished", .transient)
        package static let `internal` = Code("internal", .permanent)
    }

    package let code: Code
    /// What happened and what to do. It holds no secret or token, and of a body only DOKU's own bounded words.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var isTransient: Bool { code.class == .transient }
}

extension BrandFailure {
    /// What a file's error means for the brand that has it.
    /// - Parameter code: the code, unless the error has a more specific one.
    package init(_ code: Code, _ error: FileError) {
        self.init(error.reason == .hanging ? .diskHangs : code, "\(error)")
    }
}
