// SPDX-License-Identifier: Apache-2.0

extension Endpoint {
    /// DOKU's test mode (Generate Token API).
    package static let test = Endpoint(
        url: "https://api-uat.doku.com/adv-core-api/partner/v1.0/token", scheme: "https",
        authority: "api-uat.doku.com", requestTarget: "/adv-core-api/partner/v1.0/token")

    /// DOKU's production (Generate Token API).
    package static let production = Endpoint(
        url: "https://api.doku.com/adv-core-api/partner/v1.0/token", scheme: "https",
        authority: "api.doku.com", requestTarget: "/adv-core-api/partner/v1.0/token")

    /// Why a text is no endpoint, without the text.
    package struct Fault: Error, Equatable {
        /// Without a full stop.
        package let message: String
        /// What to do about it.
        package let hint: String?

        package init(_ message: String, _ hint: String? = nil) {
            self.message = message
            self.hint = hint
        }
    }

    /// Longer URLs than this meet limits of proxies and servers.
    private static let byteLimit = 2048

    /// Reads `test`, `production` or a whole URL: `https://`, or `http://` to loopback, with a path that libcurl
    /// sends byte for byte, since the path is signed.
    package init(parsing text: String) throws(Fault) {
        if text == "test" {
            self = .test
            return
        }
        if text == "production" {
            self = .production
            return
        }
        guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }) else {
            throw Fault("`endpoint` must be test, production or a URL that begins with https://")
        }
        guard text.utf8.count <= Self.byteLimit else {
            throw Fault("`endpoint` is longer than \(Self.byteLimit) bytes")
        }
        let rest = text.dropFirst(scheme.count + "://".count)
        guard rest.utf8.allSatisfy(URLText.isURLByte) else {
            throw Fault("`endpoint` holds a character that a URL cannot", "percent-encode it")
        }
        if rest.contains("#") { throw Fault("`endpoint` must not have a fragment", "leave out # and what follows") }
        if rest.contains("?") { throw Fault("`endpoint` must not have a query", "leave out ? and what follows") }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        if rest[..<slash].contains("@") {
            throw Fault("`endpoint` must not have user information", "leave out what stands before the @")
        }
        guard let authority = URLText.Authority(rest[..<slash]) else {
            throw Fault("`endpoint` has no valid host and port")
        }
        guard scheme == "https" || authority.isLoopback else {
            throw Fault(
                "`endpoint` with http:// must go to loopback", "127.0.0.0/8, [::1] or localhost; https:// elsewhere")
        }
        let path = String(rest[slash...])
        guard path.utf8.count > 1 else {
            throw Fault(
                "`endpoint` has no path", "write it in full, as in https://host/adv-core-api/partner/v1.0/token")
        }
        guard URLText.isUnchangingPath(path) else {
            throw Fault(
                "`endpoint` has a path that does not travel unchanged", "no //, no . or .. as a part, valid %XX only")
        }
        self.init(
            url: "\(scheme)://\(authority.text)\(path)", scheme: scheme, authority: authority.text,
            requestTarget: path)
    }
}

/// The parts of URLs that endpoints and proxies share (RFC 3986).
package enum URLText {
    /// Visible ASCII without what RFC 3986 leaves out and what URL parsers disagree about (`\`).
    package static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    /// Whether the path is what a client sends: percent signs are valid, and no part would be removed.
    package static func isUnchangingPath(_ path: String) -> Bool {
        for part in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            if part.isEmpty || dotSegments.contains(Substring(part).lowercased()) { return false }
        }
        let bytes = Array(path.utf8)
        for index in bytes.indices where bytes[index] == 0x25 {
            guard index + 2 < bytes.count, isHexDigit(bytes[index + 1]), isHexDigit(bytes[index + 2]) else {
                return false
            }
        }
        return true
    }

    /// What clients remove from paths (RFC 3986 §5.2.4), newer ones in its encoded form as well.
    private static let dotSegments: Set<String> = [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"]

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `host` or `host:port`, the host in lower case.
    package struct Authority {
        package let text: String
        package let isLoopback: Bool

        /// nil for anything else than a host with or without a port from 1 to 65535.
        package init?(_ source: Substring) {
            let lowered = source.lowercased()
            let host: Substring
            let rest: Substring
            if lowered.hasPrefix("[") {
                guard let bracket = lowered.firstIndex(of: "]") else { return nil }
                let end = lowered.index(after: bracket)
                (host, rest) = (lowered[..<end], lowered[end...])
                guard Self.isIPv6(host.dropFirst().dropLast()) else { return nil }
            } else {
                let colon = lowered.firstIndex(of: ":") ?? lowered.endIndex
                (host, rest) = (lowered[..<colon], lowered[colon...])
                guard Self.isName(host) else { return nil }
            }
            if !rest.isEmpty {
                let digits = rest.dropFirst()
                guard rest.first == ":", (1...5).contains(digits.utf8.count),
                    digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                    let port = Int(digits), (1...65535).contains(port)
                else { return nil }
            }
            text = lowered
            isLoopback = host == "localhost" || host == "[::1]" || Self.isLoopbackIPv4(host)
        }

        private static func isIPv6(_ text: Substring) -> Bool {
            (2...45).contains(text.utf8.count) && text.contains(":")
                && text.utf8.allSatisfy { isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }
        }

        /// Letters, digits, `-` and `_` in labels of at most 63 bytes (RFC 1035 §2.3.4), 253 in all.
        private static func isName(_ text: Substring) -> Bool {
            guard text.utf8.count <= 253 else { return false }
            return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy {
                        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
                    }
            }
        }

        private static func isLoopbackIPv4(_ text: Substring) -> Bool {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            // A leading zero means octal to some resolvers: then it is not surely loopback.
            return parts.count == 4 && parts[0] == "127"
                && parts.allSatisfy { part in
                    (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                        && (part == "0" || part.first != "0") && (Int(part) ?? 256) <= 255
                }
        }
    }
}
