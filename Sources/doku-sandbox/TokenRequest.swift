// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The body of a request for a token.
struct TokenRequest: Sendable {
    /// The longest lifetime that can be asked for, in minutes: ten years. DOKU documents no limit.
    static let longestMinutes = 5_256_000
    /// Granted where nothing is asked for, in minutes. DOKU documents no default.
    static let defaultMinutes = 60

    /// The lifetime asked for, in minutes; nil if the body leaves it out.
    let validMinutes: Int?

    /// Fails with the sentence that the client is told.
    init(body: Data) throws(InvalidRequest) {
        guard let wire = try? JSONDecoder().decode(Wire.self, from: body) else {
            throw InvalidRequest(message: "Body is not a JSON object with the strings grant_type and valid_time")
        }
        guard wire.grant_type == "client_credentials" else {
            throw InvalidRequest(message: "grant_type must be client_credentials")
        }
        guard let text = wire.valid_time else {
            validMinutes = nil
            return
        }
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let minutes = Int(text), 1...Self.longestMinutes ~= minutes
        else {
            throw InvalidRequest(message: "valid_time must be a number of minutes")
        }
        validMinutes = minutes
    }

    /// What is wrong with a body.
    struct InvalidRequest: Error {
        let message: String
    }

    private struct Wire: Decodable {
        let grant_type: String
        let valid_time: String?
    }
}
