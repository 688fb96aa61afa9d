// SPDX-License-Identifier: Apache-2.0

/// The one rule for URLs in a configuration: libcurl sends them as they are written (RFC 3986).
package struct ServerURL {
    /// Such as `https`.
    package let scheme: String
    /// `host` or `host:port`, in lower case.
    package let authority: String
    /// With its slash; empty if there is none.
    package let path: String

    /// Why a text is not a valid URL, and what to do. It does not contain the text.
    package struct Fault: Error, Equatable {
        /// Without a full stop at the end.
        package let message: String
        package let hint: String?
    }

    /// Longer URLs exceed limits of proxies and servers.
    private static let byteLimit = 2048

    /// - Parameters:
    ///   - key: the key of the configuration, for messages.
    ///   - form: how the text must begin, for messages.
    ///   - allowsRemoteHTTP: whether `http` is valid for hosts other than loopback.
    ///   - allowsUser: whether user information is valid. It is not kept.
    package init(
        _ text: String, key: String, schemes: [String] = ["https", "http"],
        form: String = "be a URL that begins with https:// or http://", allowsRemoteHTTP: Bool = false,
        allowsUser: Bool = false
    ) throws(Fault) {
        guard let scheme = schemes.first(where: { text.hasPrefix($0 + "://") }) else {
            throw Fault(message: "`\(key)` must \(form)", hint: nil)
        }
        guard text.utf8.count <= Self.byteLimit, text.utf8.allSatisfy(Self.isURLByte) else {
            throw Fault(
                message:
                    "`\(key)` is longer than \(Self.byteLimit) bytes or contains a character that is invalid in a URL",
                hint: "percent-encode it")
        }
        var rest = text.dropFirst(scheme.count + "://".count)
        if allowsUser, let at = rest.lastIndex(of: "@") {
            guard !rest[..<at].contains(where: { "/?#@".contains($0) }) else {
                throw Fault(
                    message: "`\(key)` has user information that is not percent-encoded",
                    hint: "write @ / ? # in it as %40 %2F %3F %23")
            }
            rest = rest[rest.index(after: at)...]
        }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Fault(
                message: "`\(key)` must not have a query or a fragment", hint: "remove everything after the path")
        }
        let authority = rest.prefix { $0 != "/" }.lowercased()
        if authority.contains("@") {
            throw Fault(message: "`\(key)` must not have user information", hint: "remove everything before the @")
        }
        guard let host = Self.host(of: authority) else {
            throw Fault(message: "`\(key)` has no valid host and port", hint: "as in \(scheme)://HOST:PORT")
        }
        guard scheme != "http" || allowsRemoteHTTP || Self.isLoopback(host) else {
            throw Fault(
                message: "`\(key)` may use http:// only for loopback",
                hint: "127.0.0.0/8, [::1] or localhost; use https:// elsewhere")
        }
        self.scheme = scheme
        self.authority = authority
        path = String(rest.drop { $0 != "/" })
    }

    /// Visible ASCII without the characters that RFC 3986 excludes, and without `\`, on which URL parsers disagree.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    /// nil if the text is not a host, with or without a port from 1 to 65535.
    private static func host(of authority: String) -> Substring? {
        let isIPv6 = authority.hasPrefix("[")
        let host: Substring
        if isIPv6 {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = authority[...bracket]
        } else {
            host = authority.prefix { $0 != ":" }
        }
        let port = authority[host.endIndex...]
        let digits = port.dropFirst()
        let isPortValid =
            port.isEmpty
            || port.first == ":" && digits.utf8.count <= 5 && digits.utf8.allSatisfy(isDigit) && UInt16(digits) ?? 0 > 0
        return isPortValid && (isIPv6 ? isIPv6Address(host) : isName(host)) ? host : nil
    }

    private static func isIPv6Address(_ host: Substring) -> Bool {
        (4...47).contains(host.utf8.count) && host.contains(":")
            && host.dropFirst().dropLast().utf8.allSatisfy { isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }
    }

    /// Letters, digits, `-` and `_` in labels of at most 63 bytes (RFC 1035 §2.3.4), at most 253 bytes in total.
    private static func isName(_ host: Substring) -> Bool {
        host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || isDigit($0) || $0 == 0x2D || $0 == 0x5F }
            }
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        // Some resolvers read a leading zero as octal, so such an address may not be loopback.
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in UInt8(part).map { "\($0)" == part } ?? false }
    }

    /// What ``isUnchanging(_:)`` requires, for messages.
    static let pathRule = "no //, no . or .. as a part, valid %XX only"

    /// Whether a client sends the path unchanged: percent signs are valid and no segment would be removed.
    package static func isUnchanging(_ path: String) -> Bool {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { !removedSegments.contains($0.lowercased()) }
            && path.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy {
                $0.utf8.count >= 2 && $0.utf8.prefix(2).allSatisfy(isHexDigit)
            }
    }

    /// Segments that clients remove from paths (RFC 3986 §5.2.4). Newer clients also remove the encoded forms.
    private static let removedSegments: Set = ["", ".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"]

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension ServerURL {
    /// Checks the URL of a proxy, which may contain user information.
    package static func proxy(_ text: String) throws(Fault) -> String {
        // The schemes that CURLOPT_PROXY supports.
        let url = try ServerURL(
            text, key: "proxy", schemes: ["http", "https", "socks5", "socks5h"],
            form: "begin with http://, https://, socks5:// or socks5h://", allowsRemoteHTTP: true,
            allowsUser: true)
        guard ["", "/"].contains(url.path) else {
            throw Fault(message: "`proxy` must end after the host and port", hint: nil)
        }
        return text
    }
}

extension Endpoint {
    /// DOKU's test mode (Generate Token API).
    package static let test = Endpoint(scheme: "https", authority: "api-uat.doku.com", requestTarget: path)

    /// DOKU's production (Generate Token API).
    package static let production = Endpoint(scheme: "https", authority: "api.doku.com", requestTarget: path)

    private static let path = "/adv-core-api/partner/v1.0/token"

    /// Reads `test`, `production` or a whole URL. The path is signed, so libcurl must send it byte for byte.
    package init(parsing text: String) throws(ServerURL.Fault) {
        switch text {
        case "test": self = .test
        case "production": self = .production
        default:
            let url = try ServerURL(
                text, key: "endpoint", form: "be test, production or a URL that begins with https://")
            guard url.path.utf8.count > 1 else {
                throw ServerURL.Fault(
                    message: "`endpoint` has no path",
                    hint: "write it in full, as in https://host/adv-core-api/partner/v1.0/token")
            }
            guard ServerURL.isUnchanging(url.path) else {
                throw ServerURL.Fault(
                    message: "`endpoint` has a path that a client would change",
                    hint: ServerURL.pathRule)
            }
            self.init(scheme: url.scheme, authority: url.authority, requestTarget: url.path)
        }
    }
}
