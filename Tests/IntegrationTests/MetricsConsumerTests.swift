// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The metrics of real runs as those who read metrics see them: node_exporter, Pushgateway, Prometheus.
@Suite struct MetricsConsumerTests {
    @Test("node_exporter, Pushgateway and Prometheus read the metrics, and the alert rules fire when they should")
    func consumers() throws {
        let directory = try TemporaryDirectory()
        let script = Repository.path("Tests/IntegrationTests/metrics_consumers.py")
        let ending = try directory.run(
            Host.python, [script, BuiltProgram.rotator, BuiltProgram.sandbox])
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        #expect(ending.status == 0, "\(said)")
        for line in said.split(separator: "\n") where line.hasPrefix("scoreboard: ") { print(line) }
        #expect(said.contains("scoreboard: metrics and alerts: "))
    }
}
