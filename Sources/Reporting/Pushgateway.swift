// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import TokenRotation

/// Hands metrics to a Prometheus Pushgateway, for runs that no collector lives beside.
///
/// With POST, a gateway replaces the names that come and keeps the others of the group: the last success stays where
/// a run failed, and what is known of brands stays where a run did not look at all of them.
struct Pushgateway {
    let url: String
    let delivery: Delivery

    init(_ url: String, of destinations: ReportDestinations, shard: Shard?) throws(ReportingProblem) {
        // The shards of one configuration speak of different brands: each has a group of its own.
        self.url = url + (shard.map { "/shard/\($0.index)" } ?? "")
        do throws(CurlError) {
            delivery = try Delivery(destinations, plain: ReportURL.isPlain(url))
        } catch {
            throw ReportingProblem("report.pushgateway: libcurl cannot be used: \(error.message)")
        }
    }

    func push(_ text: String) throws(ReportingProblem) {
        let request = HTTPRequest(
            url: url, headers: [("Content-Type", "text/plain; version=0.0.4")], body: Array(text.utf8))
        if let problem = delivery.send(request, tries: 2) {
            throw ReportingProblem("report.pushgateway: \(problem)")
        }
    }

    func cancel() { delivery.cancel() }
}
