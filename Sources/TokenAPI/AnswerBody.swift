// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Model

/// What the body of an answer with a token's status holds.
enum AnswerBody: Equatable {
    /// The token's bytes, whatever they are.
    case token(ArraySlice<UInt8>)
    /// A JSON object without a token.
    case noToken
    /// What is wrong with it, for people.
    case unusable(String)

    init(_ body: [UInt8]) {
        self = Self(plain: body) ?? Self(decoding: body)
    }

    /// Whether there is a token, be it good or not.
    static func hasToken(_ body: [UInt8]) -> Bool {
        if Self(plain: body) != nil { return true }
        return (try? decoder.decode(Document.self, from: Data(body)))?.token != nil
    }

    /// nil where the body is not plain, or anything about its token is unusual.
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

    /// The same of any body, by a whole decoder.
    init(decoding body: [UInt8]) {
        let first = body.first { !" \t\r\n".utf8.contains($0) }
        guard let first else {
            self = .unusable("the answer is empty")
            return
        }
        if first == UInt8(ascii: "<") {
            self = .unusable("the answer is a web page, not JSON: a gateway or a maintenance page answered for DOKU")
            return
        }
        do {
            let token = try Self.decoder.decode(Document.self, from: Data(body)).token
            // The decoder takes one of them without a word.
            guard JSONObjectKeys.count("token", in: body) <= 1 else {
                self = .unusable("the answer has two tokens")
                return
            }
            self = token.map { .token(Array($0.utf8)[...]) } ?? .noToken
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            self = .unusable("the answer's token is not a string")
        } catch DecodingError.typeMismatch {
            self = .unusable("the answer is JSON, but no object")
        } catch {
            self = .unusable("the answer is not JSON, or was cut")
        }
    }

    private struct Document: Decodable {
        let token: String?
    }

    private static let decoder = JSONDecoder()
}
