// SPDX-License-Identifier: Apache-2.0

/// The URLs of those who are told of a run.
package enum ReportURL {
    /// Longer ones meet limits of proxies and servers.
    private static let byteLimit = 2048
    /// Where a Pushgateway keeps what was pushed under a job's name.
    private static let groupPath = "/metrics/job/"
    private static let ownGroup = "/metrics/job/doku_token_rotator"

    /// The URL of a group of metrics: as given where it names one, else the group of this program.
    package static func pushgateway(_ text: String) throws(Endpoint.Fault) -> String {
        let url = try parts(text, "pushgateway", plainHTTP: .anywhere)
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        let group = path.contains(groupPath) ? path : path + ownGroup
        guard URLText.isUnchangingPath(group) else {
            throw Endpoint.Fault("`pushgateway` has a path that does not travel unchanged")
        }
        return url.root + group
    }

    /// Why a text cannot be pinged; nil where it can.
    package static func pingFault(_ text: String) -> Endpoint.Fault? {
        do throws(Endpoint.Fault) {
            _ = try parts(text, "ping", plainHTTP: .loopback)
            return nil
        } catch {
            return error
        }
    }

    /// The URL that a ping's secret holds; nil where it is none.
    package static func ping(_ text: String) -> String? {
        guard pingFault(text) == nil else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether a URL needs TLS.
    package static func isPlain(_ url: String) -> Bool { url.hasPrefix("http://") }

    private enum PlainHTTP {
        case anywhere
        case loopback
    }

    /// Splits `https://host:port/path`. No message shows a part of it.
    private static func parts(
        _ text: String, _ key: String, plainHTTP: PlainHTTP
    ) throws(Endpoint.Fault) -> (root: String, path: String) {
        guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }) else {
            throw Endpoint.Fault("`\(key)` must be a URL that begins with https:// or http://")
        }
        guard text.utf8.count <= byteLimit, text.utf8.allSatisfy(URLText.isURLByte) else {
            throw Endpoint.Fault("`\(key)` is too long or holds a character that a URL cannot", "percent-encode it")
        }
        guard !text.contains("?"), !text.contains("#") else {
            throw Endpoint.Fault("`\(key)` must not have a query or a fragment", "leave out what follows the path")
        }
        let rest = text.dropFirst(scheme.count + "://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        if rest[..<slash].contains("@") {
            throw Endpoint.Fault("`\(key)` must not have user information", "leave out what stands before the @")
        }
        guard let authority = URLText.Authority(rest[..<slash]) else {
            throw Endpoint.Fault("`\(key)` has no valid host and port")
        }
        guard scheme == "https" || plainHTTP == .anywhere || authority.isLoopback else {
            throw Endpoint.Fault("`\(key)` with http:// must go to loopback", "its URL is a secret: https:// elsewhere")
        }
        return ("\(scheme)://\(authority.text)", String(rest[slash...]))
    }
}
