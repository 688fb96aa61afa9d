// SPDX-License-Identifier: Apache-2.0
// The module TokenAPI: it signs requests for tokens, judges the responses, and says whether to try again.

package import Curl
package import Model

/// One brand at one of DOKU's token APIs. It makes signed requests and judges responses.
package protocol TokenClient: Sendable {
    /// A request, signed at `timestamp`.
    /// - Parameter requestID: used if the API's requests carry an id.
    func request(id requestID: String, at timestamp: Timestamp) -> HTTPRequest

    /// Judges the result of an attempt.
    /// - Parameters:
    ///   - requestID: the id of the request.
    ///   - now: when the response arrived, by the clock that the request was signed with.
    func judge(_ result: Result<HTTPResponse, CurlError>, requestID: String, now: Timestamp) -> TokenResponse
}

/// Chooses the API of a brand. No other code knows all APIs.
package enum TokenClients {
    /// - Parameter secret: the key that the brand signs with.
    /// - Throws: if the brand's API cannot sign with that secret.
    package static func make(
        for brand: Brand, secret: Secret, configuration: Configuration
    ) throws(BrandFailure) -> any TokenClient {
        PartnerTokenClient(for: brand, secret: secret, configuration: configuration)
    }

    /// All response headers that a client reads, in lower case.
    package static let readHeaders = TokenResponse.readHeaders.union(PartnerTokenClient.readHeaders)
}

extension HTTPOptions {
    /// The transfer settings of a configuration's endpoint.
    package init(_ configuration: Configuration) {
        self.init(userAgent: ProgramVersion.userAgent)
        concurrency = configuration.concurrency
        connections = configuration.connections
        connectTimeout = configuration.connectTimeout
        requestTimeout = configuration.requestTimeout
        keptHeaders = TokenClients.readHeaders
        proxy = configuration.proxy
        allowsPlainHTTP = configuration.endpoint.scheme == "http"
        tls = TrustStore(file: configuration.tls.caFile, directory: configuration.tls.caDirectory)
    }
}
