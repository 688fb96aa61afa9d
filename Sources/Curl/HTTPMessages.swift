// SPDX-License-Identifier: Apache-2.0

/// One request, complete: nothing is added to it but what HTTP itself needs.
package struct HTTPRequest: Sendable {
    package enum Method: Sendable {
        /// Without a body.
        case get
        case post
        case patch
    }

    package var method: Method
    package var url: String
    /// Sent in this order, as they are. A value with a control character is refused before anything is sent.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whether no connection that is open already is good enough.
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

/// An answer whose header block ended and whose body arrived as far as HTTP can tell.
///
/// libcurl also reports success for some answers that were cut (two lengths, no length and a closed connection):
/// only the body itself shows that it is whole.
package struct HTTPReply: Sendable {
    package var status: Int
    /// The headers that were asked for, by lower-case name; where one came twice, the last.
    package var headers: [String: String]
    package var body: [UInt8]
    /// Where it was asked for.
    package var timing: TransferTiming?

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
