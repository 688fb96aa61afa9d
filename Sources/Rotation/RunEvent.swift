// SPDX-License-Identifier: Apache-2.0

package import Curl
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
        package let timing: HTTPTiming?
    }
}
