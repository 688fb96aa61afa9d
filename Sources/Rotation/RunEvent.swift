// SPDX-License-Identifier: Apache-2.0

internal import Curl
package import Model

/// Progress of a run, for display. Many threads send events, so a receiver must return quickly.
package enum RunEvent: Sendable {
    /// The number of brands that need work.
    case began(brands: Int)
    /// A request was sent.
    case sent
    case responded(Attempt)
    /// A brand is finished.
    case done(isFailure: Bool)

    /// One completed request of one brand.
    package struct Attempt: Sendable {
        package let brand: String
        /// From 1.
        package let number: Int
        /// Why the attempt produced no token.
        package let failure: BrandFailure?
        /// The wait before the next attempt; nil after the last one.
        package let triedAgainIn: Duration?
        /// The response's status; nil if there was no response.
        package let status: Int?
        package let timing: AttemptTiming?

        package init(
            brand: String, number: Int, failure: BrandFailure?, triedAgainIn: Duration?, status: Int?,
            timing: AttemptTiming?
        ) {
            self.brand = brand
            self.number = number
            self.failure = failure
            self.triedAgainIn = triedAgainIn
            self.status = status
            self.timing = timing
        }
    }
}

/// How long the phases of one request took, counted from its start; 0 for a phase that did not occur.
package struct AttemptTiming: Sendable {
    package let resolved: Duration
    package let connected: Duration
    /// Until the end of the TLS handshake.
    package let secured: Duration
    package let firstByte: Duration
    package let total: Duration
    /// Such as `HTTP/2`; nil if there was no response.
    package let httpVersion: String?

    package init(
        resolved: Duration, connected: Duration, secured: Duration, firstByte: Duration, total: Duration,
        httpVersion: String?
    ) {
        self.resolved = resolved
        self.connected = connected
        self.secured = secured
        self.firstByte = firstByte
        self.total = total
        self.httpVersion = httpVersion
    }
}

extension AttemptTiming {
    init(_ timing: HTTPTiming) {
        self.init(
            resolved: timing.resolved, connected: timing.connected, secured: timing.secured,
            firstByte: timing.firstByte, total: timing.total, httpVersion: timing.httpVersion)
    }
}
