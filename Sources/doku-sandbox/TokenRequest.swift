// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The body of a request for a token.
struct TokenRequest: Sendable {
    /// The longest lifetime that a request can ask for, in minutes: ten years. DOKU documents no limit.
    static let longestMinutes = 5_256_000
    /// The lifetime if the request does not ask for one, in minutes. DOKU documents no default.
    static let defaultMinutes = 60

    /// The requested lifetime, in minutes. Nil if it is missing.
    let validMinutes: Int?

    /// - Throws: the response to an invalid body.
    init(body: Data) throws(Response) {
        struct Body: Decodable {
            let grant_type: String
            let valid_time: String?
        }
        guard let request = try? JSONDecoder().decode(Body.self, from: body) else {
            throw .error("invalid_request", "Body is not a JSON object with the strings grant_type and valid_time")
        }
        guard request.grant_type == "client_credentials" else {
            throw .error("invalid_request", "grant_type must be client_credentials")
        }
        validMinutes = request.valid_time.flatMap { Int($0) }
        guard let text = request.valid_time else { return }
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let validMinutes, 1...Self.longestMinutes ~= validMinutes
        else { throw .error("invalid_request", "valid_time must be a number of minutes") }
    }
}
