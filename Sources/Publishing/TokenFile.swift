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
            let document: [String: String?] = [
                "brand": brand, "client_id": clientID, "token": token.text, "issued_at": token.issuedAt?.description,
                "expires_at": token.expiresAt?.description,
            ]
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
            let document = JSON(contents)
            let fields = ["brand", "client_id", "token"].map { document?[$0]?.string }
            return fields.contains(nil) ? nil : fields[2].flatMap { Token(Array($0.utf8)) }
        case .environment(let dialect, let variable):
            return dialect.assignments(in: contents)[variable].flatMap { Token($0) }
        }
    }
}
