// SPDX-License-Identifier: Apache-2.0

/// The receivers of a run's report. If the configuration is invalid, those that could be read are still used.
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
    /// A Pushgateway groups metrics by job below this path.
    private static let groupPath = "/metrics/job/"

    /// The URL of a group: unchanged if it names a group, else with this program's group added.
    package static func pushgateway(_ text: String) throws(ServerURL.Fault) -> String {
        let url = try ServerURL(text, key: "pushgateway", allowsRemoteHTTP: true)
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        let group = path.contains(groupPath) ? path : path + groupPath + "doku_token_rotator"
        guard ServerURL.isUnchanging(group) else {
            throw ServerURL.Fault(
                message: "`pushgateway` has a path that a client would change", hint: ServerURL.pathRule)
        }
        return "\(url.scheme)://\(url.authority)\(group)"
    }

    /// The URL of a ping, without a trailing slash.
    package static func ping(_ text: String) throws(ServerURL.Fault) -> String {
        _ = try ServerURL(text, key: "ping")
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether a URL uses HTTP without TLS.
    package static func isPlain(_ url: String) -> Bool { url.hasPrefix("http://") }
}
