// SPDX-License-Identifier: Apache-2.0

/// The receivers of a run's report: the configuration's `report`.
///
/// If the configuration is invalid, the receivers that could be read are still used.
package struct ReportDestinations: Sendable {
    /// A file in the Prometheus text format, for the textfile collector of node_exporter.
    package var metricsFile: String?
    /// The URL of a Pushgateway's group, without a trailing slash.
    package var pushgateway: String?
    package var ping: PingDestination?
    /// The file from which Kubernetes reads a container's termination message; overwritten in place.
    package var terminationMessage: String?
    /// TLS and proxy settings for the receivers; the same as for the endpoint.
    package var tls = TLSTrust()
    package var proxy: String?

    package init() {}

    /// Stops writing to a file that the configuration also uses for something else.
    package mutating func disown(_ path: String) {
        if metricsFile == path { metricsFile = nil }
        if terminationMessage == path { terminationMessage = nil }
    }
}

/// A check at healthchecks.io, or at a server with the same API.
package struct PingDestination: Sendable {
    /// The source of the URL. The URL is a secret: anyone who knows it can report on behalf of the run.
    package let url: SecretSource
    /// Whether the last ping of a run carries the run's summary.
    package let sendsSummary: Bool

    package init(url: SecretSource, sendsSummary: Bool) {
        self.url = url
        self.sendsSummary = sendsSummary
    }
}

/// The URLs of report receivers.
package enum ReportURL {
    /// Longer URLs exceed limits of proxies and servers.
    private static let byteLimit = 2048
    /// A Pushgateway groups metrics by job below this path.
    private static let groupPath = "/metrics/job/"
    private static let ownGroup = "/metrics/job/doku_token_rotator"

    /// The URL of a group: unchanged if it names a group, else with this program's group added.
    package static func pushgateway(_ text: String) throws(Endpoint.Fault) -> String {
        let url = try parts(text, "pushgateway", plainHTTP: .anywhere)
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        let group = path.contains(groupPath) ? path : path + ownGroup
        guard URLText.isUnchangingPath(group) else {
            throw Endpoint.Fault("`pushgateway` has a path that a client would change")
        }
        return url.root + group
    }

    /// Why a text is not a valid ping URL; nil if it is valid.
    package static func pingFault(_ text: String) -> Endpoint.Fault? {
        do throws(Endpoint.Fault) {
            _ = try parts(text, "ping", plainHTTP: .loopback)
            return nil
        } catch {
            return error
        }
    }

    /// The URL in a ping's secret; nil if it is invalid.
    package static func ping(_ text: String) -> String? {
        guard pingFault(text) == nil else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether a URL uses HTTP without TLS.
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
            throw Endpoint.Fault(
                "`\(key)` is too long or contains a character that is invalid in a URL", "percent-encode it")
        }
        guard !text.contains("?"), !text.contains("#") else {
            throw Endpoint.Fault("`\(key)` must not have a query or a fragment", "remove everything after the path")
        }
        let rest = text.dropFirst(scheme.count + "://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        if rest[..<slash].contains("@") {
            throw Endpoint.Fault("`\(key)` must not have user information", "remove everything before the @")
        }
        guard let authority = URLText.Authority(rest[..<slash]) else {
            throw Endpoint.Fault("`\(key)` has no valid host and port")
        }
        guard scheme == "https" || plainHTTP == .anywhere || authority.isLoopback else {
            throw Endpoint.Fault(
                "`\(key)` may use http:// only for loopback", "its URL is a secret: use https:// elsewhere")
        }
        return ("\(scheme)://\(authority.text)", String(rest[slash...]))
    }
}
