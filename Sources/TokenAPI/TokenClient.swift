// SPDX-License-Identifier: Apache-2.0
// The module TokenAPI: it signs requests for tokens, judges the responses, and says whether to try again.

package import Curl
package import Model

/// One brand at one of DOKU's token APIs: makes its signed requests and judges the responses.
package protocol TokenClient: Sendable {
    /// A request signed for the moment `timestamp`.
    /// - Parameter requestID: for an API whose requests carry one.
    func request(id requestID: String, at timestamp: Timestamp) -> HTTPRequest

    /// What an attempt brought.
    /// - Parameters:
    ///   - requestID: of the request.
    ///   - now: when the response came, by the clock that the request was signed with.
    func judge(_ result: Result<HTTPReply, CurlError>, requestID: String, now: Timestamp) -> TokenResponse
}

/// Chooses the API of a brand: the only place that knows all of them.
package enum TokenClients {
    /// - Parameter secret: what the brand signs with.
    /// - Throws: where the brand's API cannot sign with that secret.
    package static func make(
        for brand: Brand, secret: Secret, configuration: Configuration
    ) throws(BrandFailure) -> any TokenClient {
        PartnerTokenClient(for: brand, secret: secret, configuration: configuration)
    }

    /// The headers of a response that some client reads, by lower-case name.
    package static let readHeaders = TokenResponse.readHeaders.union(PartnerTokenClient.readHeaders)
}
