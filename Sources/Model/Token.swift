// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A bearer token: visible ASCII of a bounded length, with what it says of itself where it is a JWT.
///
/// No public key of DOKU's is known: the claims are read, not verified.
package struct Token: Sendable, Equatable {
    /// 1…16 384 bytes, each 0x21…0x7e.
    package let text: String
    /// The claim `iat`.
    package let issuedAt: Timestamp?
    /// The claim `exp`; nil for a token that is not a JWT with an end.
    package let expiresAt: Timestamp?
    /// The claim `user.businessServiceClientId`.
    package let clientID: String?
    /// Whether this is only the beginning of a JWT, as a file that was truncated holds it: it begins like one, but has
    /// no claims, or its signature is not as long as one by RSA is (64 bytes for each 512 bits of the key).
    package let wasCut: Bool

    /// In bytes. DOKU's are under 1 KiB.
    package static let maximumSize = 16 * 1024

    /// nil where the bytes are no token: empty, too long, or with anything but visible ASCII.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.maximumSize else { return nil }
        let span = bytes.span
        guard Self.isVisible(span) else { return nil }
        // Where the first two dots stand, counted from the first byte.
        let first = Self.firstDot(in: span, from: 0)
        let second = Self.firstDot(in: span, from: first + 1)
        let header = span.extracting(..<first)
        text = String(decoding: bytes, as: UTF8.self)
        let hasThreeParts = second < span.count && !Self.hasDot(span.extracting((second + 1)...))
        let claims = hasThreeParts ? Self.claims(in: span.extracting((first + 1)..<second)) : nil
        issuedAt = claims?.iat.flatMap(Timestamp.init(numericDate:))
        expiresAt = claims?.exp.flatMap(Timestamp.init(numericDate:))
        clientID = claims?.clientID
        // base64url of `{"`.
        if !bytes.starts(with: "eyJ".utf8) {
            // Claims without a header: the beginning is missing.
            wasCut = claims != nil && Self.decoded(header)?.first != UInt8(ascii: "{")
        } else if claims == nil {
            // Only three parts have claims. Five are an encrypted token (RFC 7516), which nobody but its reader can
            // look into.
            wasCut = bytes.count { $0 == UInt8(ascii: ".") } != 4
        } else {
            let signature = (bytes.count - second - 1) * 3 / 4
            wasCut = Self.isSignedByRSA(header) && (signature < 64 || signature % 64 != 0)
        }
    }

    package init?(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    // A token is looked at as a whole, without a way out in between: of that compilers make a few instructions, which take
    // sixteen bytes at a time.

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

    /// The place of the first dot from a place on; the end of the bytes where there is none.
    private static func firstDot(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: ".") { index += 1 }
        return min(index, bytes.count)
    }

    /// What was published as a token, if it still is one.
    package static func published(_ bytes: [UInt8]) -> Token? {
        Token(bytes).flatMap { !$0.wasCut && $0.isCredible ? $0 : nil }
    }

    /// Whether a file that holds this holds a token, for all that can be told: a JWT, or what a header can carry as one
    /// (RFC 6750 §2.1, `b64token`) and is longer than a word. Anything else is what somebody else wrote there.
    package var isCredible: Bool {
        if expiresAt != nil { return true }
        let bytes = text.utf8.drop { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "-._~+/".utf8.contains(byte)
        }
        return bytes.allSatisfy { $0 == UInt8(ascii: "=") } && text.utf8.count >= Self.shortest
    }

    /// In bytes: 96 bits in base64 are the least that cannot be guessed.
    private static let shortest = 16

    /// The whole lifetime; nil where the token does not tell both ends.
    package var lifetime: Duration? {
        guard let issuedAt, let expiresAt else { return nil }
        return expiresAt.since(issuedAt)
    }

    /// Whether a JWT's header names an algorithm that signs with RSA: RS256 and its like, or PS256 and its like
    /// (RFC 7518 §3.1).
    private static func isSignedByRSA(_ header: Span<UInt8>) -> Bool {
        guard let decoded = decoded(header), decoded.count > 3 else { return false }
        for start in 0..<(decoded.count - 2) where decoded[start] == UInt8(ascii: "\"") {
            guard decoded[start + 2] == UInt8(ascii: "S") else { continue }
            if decoded[start + 1] == UInt8(ascii: "R") || decoded[start + 1] == UInt8(ascii: "P") { return true }
        }
        return false
    }

    /// The middle of three parts, where it is base64url of a JSON object (RFC 7519 §3).
    private static func claims(in part: Span<UInt8>) -> TokenClaims? { decoded(part).flatMap { TokenClaims($0) } }

    /// base64url without padding (RFC 7515 §2).
    private static func decoded(_ part: Span<UInt8>) -> [UInt8]? {
        PlainBase64.decode(part) ?? decodedByFoundation(part)
    }

    /// Text that no encoder writes, or that an encoder wrote with padding.
    private static func decodedByFoundation(_ part: Span<UInt8>) -> [UInt8]? {
        var standard: [UInt8] = []
        standard.reserveCapacity(part.count + 3)
        for index in part.indices {
            switch part[index] {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case let byte: standard.append(byte)
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(standard)).map(Array.init)
    }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹token›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
