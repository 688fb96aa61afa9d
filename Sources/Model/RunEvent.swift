// SPDX-License-Identifier: Apache-2.0

/// What happens while a run goes on, for somebody who watches. Told from many threads; whoever takes it must be quick.
package enum RunEvent: Sendable {
    /// For so many brands something is to be done.
    case began(brands: Int)
    /// A request of a brand is on its way.
    case sent
    case answered(Attempt)
    /// A brand has its outcome.
    case done(isFailure: Bool)

    /// One request of one brand, at its end.
    package struct Attempt: Sendable {
        package let brand: String
        /// From 1.
        package let number: Int
        /// Why it brought no token.
        package let failure: BrandFailure?
        /// When it is tried again; nil where it is not.
        package let triedAgainIn: Duration?
        /// The answer's status; nil where none came.
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

/// How long the parts of one request took, each from its start: 0 where a part was not needed.
package struct AttemptTiming: Sendable {
    package let resolved: Duration
    package let connected: Duration
    /// The TLS handshake has ended.
    package let secured: Duration
    package let firstByte: Duration
    package let total: Duration
    /// `HTTP/2` or its like; nil where no answer came.
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
