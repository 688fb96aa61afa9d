// SPDX-License-Identifier: Apache-2.0

/// A bearer token: visible ASCII of limited length, with its claims if it is a JWT.
///
/// DOKU publishes no public key, so the claims are read, but not verified.
package struct Token: Sendable, Equatable {
    /// 1…16 384 bytes, each 0x21…0x7e.
    package let text: String
    /// The claim `iat`.
    package let issuedAt: Timestamp?
    /// The claim `exp`; nil if the token is not a JWT with that claim.
    package let expiresAt: Timestamp?
    /// The claim `user.businessServiceClientId`.
    package let clientID: String?
    /// Whether this is a truncated JWT, as in a file that was cut off. It begins like a JWT, but has no claims, or its
    /// signature does not have an RSA length (64 bytes for each 512 bits of the key).
    package let isTruncated: Bool

    /// In bytes. DOKU's tokens are smaller than 1 KiB.
    package static let maximumSize = 16 * 1024
    /// The assumed size of a token that is not known yet, in bytes; DOKU's tokens are smaller.
    package static let expectedSize = 1024

    /// nil if the bytes are not a token: empty, too long, or not visible ASCII.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.maximumSize else { return nil }
        let span = bytes.span
        guard Self.isVisible(span) else { return nil }
        // The positions of the first two dots.
        let first = Self.firstDot(in: span, from: 0)
        let second = Self.firstDot(in: span, from: first + 1)
        let header = span.extracting(..<first)
        text = String(decoding: bytes, as: UTF8.self)
        let hasThreeParts = second < span.count && !Self.hasDot(span.extracting((second + 1)...))
        let claims = hasThreeParts ? Self.claims(in: span.extracting((first + 1)..<second)) : nil
        issuedAt = claims?["iat"]?.number.flatMap(Timestamp.init(numericDate:))
        expiresAt = claims?["exp"]?.number.flatMap(Timestamp.init(numericDate:))
        clientID = claims?["user"]?["businessServiceClientId"]?.string
        // The base64url form of `{"`.
        if !bytes.starts(with: "eyJ".utf8) {
            // There are claims but no header, so the beginning is missing.
            isTruncated = claims != nil && Self.decoded(header)?.first != UInt8(ascii: "{")
        } else if claims == nil {
            // A signed token has three parts. One with five is encrypted (RFC 7516) and has no readable claims.
            isTruncated = bytes.count { $0 == UInt8(ascii: ".") } != 4
        } else {
            let signature = (bytes.count - second - 1) * 3 / 4
            isTruncated = Self.isSignedByRSA(header) && (signature < 64 || signature % 64 != 0)
        }
    }

    package init?(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    // These loops have no early exit, so that compilers vectorise them.

    private static func isVisible(_ bytes: Span<UInt8>) -> Bool {
        var others: UInt8 = 0
        for index in bytes.indices { others |= bytes[index] &- 0x21 <= 0x7e - 0x21 ? 0 : 1 }
        return others == 0
    }

    private static func hasDot(_ bytes: Span<UInt8>) -> Bool {
        var dots: UInt8 = 0
        for index in bytes.indices { dots |= bytes[index] == UInt8(ascii: ".") ? 1 : 0 }
        return dots != 0
    }

    /// The position of the first dot at or after `start`; the end of the bytes if no dot follows.
    private static func firstDot(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: ".") { index += 1 }
        return min(index, bytes.count)
    }

    /// A published token; nil if the bytes are not a whole token.
    package static func published(_ bytes: [UInt8]) -> Token? {
        Token(bytes).flatMap { !$0.isTruncated && $0.looksLikeToken ? $0 : nil }
    }

    /// Whether it looks like a token: a JWT, or a `b64token` (RFC 6750 §2.1) that is longer than a word. A file with
    /// anything else was written by another program.
    package var looksLikeToken: Bool {
        if expiresAt != nil { return true }
        let bytes = text.utf8.drop { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "-._~+/".utf8.contains(byte)
        }
        return bytes.allSatisfy { $0 == UInt8(ascii: "=") } && text.utf8.count >= Self.shortest
    }

    /// In bytes. 96 bits in base64 are the shortest value that cannot be guessed.
    private static let shortest = 16

    /// The whole lifetime; nil if `iat` or `exp` is missing.
    package var lifetime: Duration? {
        guard let issuedAt, let expiresAt else { return nil }
        return expiresAt.since(issuedAt)
    }

    /// Whether a JWT's header names an RSA algorithm, such as RS256 or PS256 (RFC 7518 §3.1).
    private static func isSignedByRSA(_ header: Span<UInt8>) -> Bool {
        guard let decoded = decoded(header), decoded.count > 3 else { return false }
        for start in 0..<(decoded.count - 2) where decoded[start] == UInt8(ascii: "\"") {
            guard decoded[start + 2] == UInt8(ascii: "S") else { continue }
            if decoded[start + 1] == UInt8(ascii: "R") || decoded[start + 1] == UInt8(ascii: "P") { return true }
        }
        return false
    }

    /// The claims in the second part, if it is a base64url-encoded JSON object (RFC 7519 §3). A claim of an unexpected
    /// type counts as absent.
    private static func claims(in part: Span<UInt8>) -> JSON? {
        guard let claims = decoded(part).flatMap({ JSON($0) }), case .object = claims else { return nil }
        return claims
    }

    /// Decodes base64url (RFC 7515 §2), also in the standard alphabet or with padding; nil for anything else.
    private static func decoded(_ part: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount = 0
        for index in part.indices {
            let value: UInt8
            switch part[index] {
            case let letter where letter &- UInt8(ascii: "A") < 26: value = letter - UInt8(ascii: "A")
            case let letter where letter &- UInt8(ascii: "a") < 26: value = letter - UInt8(ascii: "a") + 26
            case let digit where digit &- UInt8(ascii: "0") < 10: value = digit - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"), UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "_"), UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "=") where index >= part.count - 2: continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        }
        // A single letter after the last group encodes no byte.
        return bitCount < 6 ? bytes : nil
    }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹token›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
