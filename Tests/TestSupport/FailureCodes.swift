// SPDX-License-Identifier: Apache-2.0

package import Model

extension BrandFailure.Code {
    /// The codes of all modules but the shared destinations.
    package static let all: [Self] = [
        .secretUnreadable, .outputRefused, .outputNotWritten, .durabilityUnknown, .diskHangs, .accountUnknown,
        .hostNotResolved, .notConnected, .timedOut, .connectionLost, .tlsFailed, .tlsRefused, .tlsIdentity,
        .tlsTrustStore, .proxyFailed, .proxyNotResolved, .proxyAuthentication, .credentialsRejected, .clockSkew,
        .requestRefused, .requestIDSpent, .rateLimited, .serverError, .redirectRefused, .responseMalformed,
        .responseTooLarge, .responseSignature, .tokenInvalid, .tokenExpired, .tokenForeign, .shortLived,
        .deadlineExceeded, .stopped, .unfinished, .internal,
    ]
}
