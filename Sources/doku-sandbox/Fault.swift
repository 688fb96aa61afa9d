// SPDX-License-Identifier: Apache-2.0

/// The faults, by their names in the brands file.
///
/// A fault applies only to valid requests. An invalid request always gets the matching error.
enum Fault: String, Sendable, Codable, CaseIterable {
    // The response has a token, but something is wrong with it.
    case unsignedAnswer = "unsigned-answer"
    case wrongAnswerSignature = "wrong-answer-signature"
    case nullToken = "null-token"
    case numberToken = "number-token"
    case noToken = "no-token"
    /// A BEL and a newline inside the token.
    case controlCharacters = "control-characters"
    /// A token of 20 KiB.
    case hugeToken = "huge-token"
    case expired
    /// A token that names another client.
    case foreign
    /// A usable token that is not a JWT.
    case notAJWT = "not-a-jwt"
    /// A token that expires after 90 seconds.
    case shortLived = "short-lived"

    // A response with status 200 and without a usable token.
    case html
    case empty
    /// Truncated JSON with a correct Content-Length.
    case cut
    /// 1 MiB of JSON with a valid token at the end.
    case huge
    case notJSON = "not-json"

    // Errors of the service.
    case invalidSignature = "invalid-signature"
    case invalidClientID = "invalid-client-id"
    case timeOutOfRange = "time-out-of-range"
    /// As `timeOutOfRange`, for one request unless `times` says otherwise.
    case timeOutOfRangeOnce = "time-out-of-range-once"
    case unwrappedError = "unwrapped-error"
    case conflict
    case serverError = "server-error"

    // Responses of a server in front of the service.
    case forbidden
    case notFound = "not-found"
    case tooManyRequests = "too-many-requests"
    case unavailable
    case unavailableRetryAfterDate = "unavailable-retry-after-date"
    case redirect

    // No response.
    /// The connection is closed before the request is carried out.
    case close
    /// The request is carried out, but the connection is closed before the response. A request with the same
    /// Request-Id gets the response.
    case lostAnswer = "lost-answer"
    /// The server never responds.
    case hang
}
