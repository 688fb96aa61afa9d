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
    package init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.maximumSize, bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        text = String(decoding: bytes, as: UTF8.self)
        let claims = Self.claims(of: bytes)
        issuedAt = claims?.iat.flatMap(Timestamp.init(numericDate:))
        expiresAt = claims?.exp.flatMap(Timestamp.init(numericDate:))
        clientID = claims?.clientID
        wasCut = Self.wasCut(bytes, hasClaims: claims != nil)
    }

    /// The whole lifetime; nil where the token does not tell both ends.
    package var lifetime: Duration? {
        guard let issuedAt, let expiresAt else { return nil }
        return expiresAt.since(issuedAt)
    }

    private static func wasCut(_ bytes: some Collection<UInt8>, hasClaims: Bool) -> Bool {
        // base64url of `{"`.
        guard bytes.starts(with: "eyJ".utf8) else { return false }
        let dot = UInt8(ascii: ".")
        // Only three parts have claims. Five are an encrypted token (RFC 7516), which nobody but its reader can look
        // into.
        guard hasClaims else { return bytes.count(where: { $0 == dot }) != 4 }
        let parts = bytes.split(separator: dot, omittingEmptySubsequences: false)
        guard let header = decoded(parts[0]),
            header.firstRange(of: Data("\"RS".utf8)) != nil || header.firstRange(of: Data("\"PS".utf8)) != nil
        else { return false }
        let signature = parts[2].count * 3 / 4
        return signature < 64 || signature % 64 != 0
    }

    /// The claims of interest. One of an unexpected type counts as absent.
    private struct Claims: Decodable {
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

    /// The middle of three parts, where it is base64url of a JSON object (RFC 7519 §3).
    private static func claims(of bytes: some Collection<UInt8>) -> Claims? {
        let dot = UInt8(ascii: ".")
        guard let first = bytes.firstIndex(of: dot) else { return nil }
        let behind = bytes[bytes.index(after: first)...]
        guard let second = behind.firstIndex(of: dot),
            !behind[behind.index(after: second)...].contains(dot)
        else { return nil }
        guard let payload = decoded(behind[..<second]) else { return nil }
        return try? JSONDecoder().decode(Claims.self, from: payload)
    }

    /// base64url without padding (RFC 7515 §2).
    private static func decoded(_ part: some Collection<UInt8>) -> Data? {
        var standard: [UInt8] = []
        standard.reserveCapacity(part.count + 2)
        for byte in part {
            switch byte {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            default: standard.append(byte)
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(standard))
    }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹token›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
