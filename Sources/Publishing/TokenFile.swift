// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Model

extension OutputFormat {
    private static let headerPrefix = "Authorization: Bearer "

    /// The content of a file with `token`; nil if the format cannot carry the token unchanged.
    package func contents(of token: Token, brand: String, clientID: String) -> [UInt8]? {
        switch self {
        case .raw(let newline): return Array((token.text + (newline ? "\n" : "")).utf8)
        case .header: return Array("\(Self.headerPrefix)\(token.text)\n".utf8)
        case .json:
            let document = JSONTokenFile(
                brand: brand, clientID: clientID, token: token.text, issuedAt: token.issuedAt?.description,
                expiresAt: token.expiresAt?.description)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            guard let data = try? encoder.encode(document) else { return nil }
            return [UInt8](data) + [0x0a]
        case .environment(let dialect, let variable):
            return dialect.assignment(variable, token.text).map { Array("\($0)\n".utf8) }
        }
    }

    /// Whether publishing the file's token again would give the same content.
    package func isExact(_ contents: [UInt8], of token: Token, brand: String, clientID: String) -> Bool {
        switch self {
        // The file contains only the token and at most one newline.
        case .raw(let newline): (contents.last == 0x0a) == newline
        case .header: true
        case .json, .environment: contents == self.contents(of: token, brand: brand, clientID: clientID)
        }
    }

    /// The token in a file's content; nil if there is no valid token.
    package func token(in contents: [UInt8]) -> Token? {
        switch self {
        case .raw: return Token(contents.last == 0x0a ? contents.dropLast() : contents[...])
        case .header:
            guard contents.starts(with: Self.headerPrefix.utf8), contents.last == 0x0a else { return nil }
            return Token(contents.dropFirst(Self.headerPrefix.utf8.count).dropLast())
        case .json:
            guard let document = try? JSONDecoder().decode(JSONTokenFile.self, from: Data(contents)) else { return nil }
            return Token(Array(document.token.utf8))
        case .environment(let dialect, let variable):
            return dialect.assignments(in: contents)[variable].flatMap { Token($0) }
        }
    }
}

/// The document of the `json` format.
private struct JSONTokenFile: Codable {
    let brand: String
    let clientID: String
    let token: String
    let issuedAt: String?
    let expiresAt: String?

    enum CodingKeys: String, CodingKey {
        case brand, token
        case clientID = "client_id"
        case issuedAt = "issued_at"
        case expiresAt = "expires_at"
    }

    /// Writes every key, also for a token without times.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(brand, forKey: .brand)
        try container.encode(clientID, forKey: .clientID)
        try container.encode(token, forKey: .token)
        try container.encode(issuedAt, forKey: .issuedAt)
        try container.encode(expiresAt, forKey: .expiresAt)
    }
}
