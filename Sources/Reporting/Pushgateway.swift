// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

/// Pushes metrics to a Prometheus Pushgateway, for hosts without a collector.
///
/// A POST replaces the metrics that it names and keeps the others of the group. So the last success stays after a
/// failed run, and metrics of brands stay if a run did not examine all brands.
struct Pushgateway {
    let url: String
    let delivery: Delivery

    init(_ url: String, of destinations: ReportDestinations, shard: Shard?) throws(ReportingProblem) {
        // The shards of one configuration have different brands, so each has its own group.
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
