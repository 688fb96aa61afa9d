// SPDX-License-Identifier: Apache-2.0

/// Whom a run tells how it went, besides its exit status: the configuration's `report`.
///
/// Of a configuration that is not valid, what could be read of this is still used.
package struct ReportDestinations: Sendable {
    /// A file in the text format of Prometheus, as the textfile collector of node_exporter reads it.
    package var metricsFile: String?
    /// The URL of a group of metrics in a Pushgateway, without a trailing slash.
    package var pushgateway: String?
    package var ping: PingDestination?
    /// Where Kubernetes reads what a container says at its end; overwritten in place.
    package var terminationMessage: String?
    /// How servers are reached: as the endpoint is.
    package var tls = TLSTrust()
    package var proxy: String?

    package init() {}

    /// Leaves a file alone that turned out to be something else as well.
    package mutating func disown(_ path: String) {
        if metricsFile == path { metricsFile = nil }
        if terminationMessage == path { terminationMessage = nil }
    }
}

/// A check of healthchecks.io, or of what speaks like it.
package struct PingDestination: Sendable {
    /// Where its URL comes from: whoever knows it can answer for the run.
    package let url: SecretSource
    /// Whether the last ping of a run carries its summary.
    package let sendsSummary: Bool

    package init(url: SecretSource, sendsSummary: Bool) {
        self.url = url
        self.sendsSummary = sendsSummary
    }
}
