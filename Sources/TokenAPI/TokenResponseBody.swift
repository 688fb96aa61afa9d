// SPDX-License-Identifier: Apache-2.0

internal import Model

/// The body of a response whose status says that it has a token.
enum TokenResponseBody: Equatable {
    /// Not yet checked.
    case token(String)
    /// A JSON object without a token.
    case noToken
    /// What is wrong with the body, for people.
    case unusable(String)

    init(_ body: [UInt8]) {
        switch JSON(body) {
        case .object(let members):
            let tokens = members.filter { $0.key == "token" }
            switch tokens.first?.value {
            case _ where tokens.count > 1: self = .unusable("the response has two tokens")
            case .string(let text): self = .token(text)
            case nil, .null: self = .noToken
            default: self = .unusable("the response's token is not a string")
            }
        case nil:
            switch body.first(where: { !" \t\r\n".utf8.contains($0) }) {
            case nil: self = .unusable("the response is empty")
            case UInt8(ascii: "<"):
                self = .unusable("the response is a web page, not JSON: it is from a gateway or a maintenance page")
            default: self = .unusable("the response is not JSON, or is truncated")
            }
        default: self = .unusable("the response is JSON, but not an object")
        }
    }

    /// Whether there is a token, valid or not.
    static func hasToken(_ body: [UInt8]) -> Bool { JSON(body)?["token"]?.string != nil }
}
