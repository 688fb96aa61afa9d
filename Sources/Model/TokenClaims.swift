// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// The claims of interest. One of an unexpected type counts as absent.
struct TokenClaims: Equatable {
    private(set) var iat: Double?
    private(set) var exp: Double?
    private(set) var clientID: String?

    /// nil where the bytes are no JSON object.
    init?(_ document: [UInt8]) {
        if let plain = Self(plain: document) {
            self = plain
        } else if let decoded = Self(decoding: document) {
            self = decoded
        } else {
            return nil
        }
    }

    /// nil where the document is not plain, or anything about the claims is unusual.
    init?(plain document: [UInt8]) {
        let bytes = document.span
        var user: Int?
        let isPlain = PlainJSON.visitMembers(of: bytes) { key, value in
            if PlainJSON.says("iat", bytes, key) {
                guard iat == nil, case .integer(let number) = value else { return false }
                iat = Double(number)
            } else if PlainJSON.says("exp", bytes, key) {
                guard exp == nil, case .integer(let number) = value else { return false }
                exp = Double(number)
            } else if PlainJSON.says("user", bytes, key) {
                guard user == nil, case .object(let place) = value else { return false }
                user = place
            }
            return true
        }
        guard isPlain else { return nil }
        guard let user else { return }
        let isUserPlain = PlainJSON.visitMembers(of: bytes, at: user) { key, value in
            guard PlainJSON.says("businessServiceClientId", bytes, key) else { return true }
            guard clientID == nil, case .text(let range) = value else { return false }
            clientID = String(decoding: document[range], as: UTF8.self)
            return true
        }
        guard isUserPlain else { return nil }
    }

    /// The same of any document, by a whole decoder.
    init?(decoding document: [UInt8]) {
        guard let decoded = try? Self.decoder.decode(Decoded.self, from: Data(document)) else { return nil }
        iat = decoded.iat
        exp = decoded.exp
        clientID = decoded.clientID
    }

    private static let decoder = JSONDecoder()

    private struct Decoded: Decodable {
        let iat: Double?
        let exp: Double?
        let clientID: String?

        private enum Key: String, CodingKey { case iat, exp, user, businessServiceClientId }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            iat = try? container.decodeIfPresent(Double.self, forKey: .iat)
            exp = try? container.decodeIfPresent(Double.self, forKey: .exp)
            let user = try? container.nestedContainer(keyedBy: Key.self, forKey: .user)
            clientID = try? user?.decodeIfPresent(String.self, forKey: .businessServiceClientId)
        }
    }
}
