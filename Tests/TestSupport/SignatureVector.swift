// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// One known answer of `Tests/Vectors/doku-signatures.jsonl`, made with DOKU's own libraries.
package struct SignatureVector: Decodable, Sendable, CustomTestStringConvertible {
    package let clientID: String
    package let secret: String?
    package let requestID: String
    package let timestamp: String
    package let target: String
    package let body: String?
    package let digest: String
    package let component: String
    package let signature: String?
    package let source: String

    enum CodingKeys: String, CodingKey {
        case secret, body, digest, component, signature, source
        case clientID = "client_id"
        case requestID = "request_id"
        case timestamp = "request_timestamp"
        case target = "request_target"
    }

    package var testDescription: String { "\(target) \(source)" }

    package static func all() throws -> [SignatureVector] {
        try Data(contentsOf: Repository.url("Tests/Vectors/doku-signatures.jsonl"))
            .split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(SignatureVector.self, from: Data($0)) }
    }
}
