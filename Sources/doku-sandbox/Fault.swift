// SPDX-License-Identifier: Apache-2.0

/// What a brand of the sandbox may suffer, by the name that stands in the brands file.
///
/// A fault strikes after the request has passed every check, so a badly signed request is told so whatever its brand.
enum Fault: String, Sendable, Codable, CaseIterable {
    // The answer carries a token, and something about it is wrong.
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
    /// A token that is usable and no JWT.
    case notAJWT = "not-a-jwt"
    /// A token for 90 seconds, whatever was asked for.
    case shortLived = "short-lived"

    // The answer is a 200 that carries none.
    case html
    case empty
    /// JSON that stops in its middle; Content-Length counts what is sent.
    case cut
    /// 1 MiB of JSON with a good token at its end.
    case huge
    case notJSON = "not-json"

    // The service refuses.
    case invalidSignature = "invalid-signature"
    case invalidClientID = "invalid-client-id"
    case timeOutOfRange = "time-out-of-range"
    /// As `timeOutOfRange`, for one request unless `times` says otherwise.
    case timeOutOfRangeOnce = "time-out-of-range-once"
    case unwrappedError = "unwrapped-error"
    case conflict
    case serverError = "server-error"

    // What stands in front of the service answers instead.
    case forbidden
    case notFound = "not-found"
    case tooManyRequests = "too-many-requests"
    case unavailable
    case unavailableRetryAfterDate = "unavailable-retry-after-date"
    case redirect

    // No answer at all.
    /// The connection is closed before the request is carried out.
    case close
    /// The request is carried out and its answer remembered, but the connection is closed before it is sent:
    /// asking again with the same Request-Id brings the answer.
    case lostAnswer = "lost-answer"
    /// Nothing is ever answered.
    case hang

    /// How many requests suffer it where the brands file does not say: all of them, but for those that say "once".
    var defaultTimes: Int? { self == .timeOutOfRangeOnce ? 1 : nil }
}
