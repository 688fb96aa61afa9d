// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model

/// The body of a response whose status says that it has a token.
enum TokenResponseBody: Equatable {
    /// The token's bytes, not yet checked.
    case token(ArraySlice<UInt8>)
    /// A JSON object without a token.
    case noToken
    /// What is wrong with the body, for people.
    case unusable(String)

    init(_ body: [UInt8]) {
        self = Self(plain: body) ?? Self(decoding: body)
    }

    /// Whether there is a token, valid or not.
    static func hasToken(_ body: [UInt8]) -> Bool {
        if Self(plain: body) != nil { return true }
        return (try? decoder.decode(Document.self, from: Data(body)))?.token != nil
    }

    /// nil if the body is not simple, or its token is unusual.
    init?(plain body: [UInt8]) {
        let bytes = body.span
        var token: Range<Int>?
        let isPlain = PlainJSON.visitMembers(of: bytes) { key, value in
            guard PlainJSON.says("token", bytes, key) else { return true }
            guard token == nil, case .text(let range) = value else { return false }
            token = range
            return true
        }
        guard isPlain, let token else { return nil }
        self = .token(body[token])
    }

    /// Reads any body, with a full decoder.
    init(decoding body: [UInt8]) {
        let first = body.first { !" \t\r\n".utf8.contains($0) }
        guard let first else {
            self = .unusable("the response is empty")
            return
        }
        if first == UInt8(ascii: "<") {
            self = .unusable("the response is a web page, not JSON: it is from a gateway or a maintenance page")
            return
        }
        do {
            let token = try Self.decoder.decode(Document.self, from: Data(body)).token
            // The decoder silently keeps one of several equal keys.
            guard JSONObjectKeys.count("token", in: body) <= 1 else {
                self = .unusable("the response has two tokens")
                return
            }
            self = token.map { .token(Array($0.utf8)[...]) } ?? .noToken
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            self = .unusable("the response's token is not a string")
        } catch DecodingError.typeMismatch {
            self = .unusable("the response is JSON, but not an object")
        } catch {
            self = .unusable("the response is not JSON, or is truncated")
        }
    }

    private struct Document: Decodable {
        let token: String?
    }

    private static let decoder = JSONDecoder()
}
