// SPDX-License-Identifier: Apache-2.0

/// A complete request. Only headers that HTTP itself needs are added.
package struct HTTPRequest: Sendable {
    package enum Method: Sendable, Equatable {
        /// Without a body.
        case get, head
        case post
        /// Another method with a body.
        case other(String)

        package static let patch = Method.other("PATCH")
    }

    package var method: Method
    package var url: String
    /// Sent unchanged in this order. A value with a control character is rejected before anything is sent.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var needsFreshConnection = false

    package init(
        method: Method = .post, url: String, headers: [(name: String, value: String)], body: [UInt8]
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// A response that is complete as far as HTTP can tell.
///
/// libcurl also reports success for some truncated responses (two lengths; no length and a closed connection). Only
/// the body shows whether it is complete.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// The headers listed in ``HTTPOptions/keptHeaders``, by lower-case name; the last value of a repeated header.
    package var headers: [String: String]
    package var body: [UInt8]
    /// Set if ``HTTPOptions/measuresTime`` is true.
    package var timing: HTTPTiming?

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
