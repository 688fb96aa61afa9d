// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

extension ConfigurationReader {
    /// Reads `report` before everything else, because its receivers also get the report of an invalid configuration.
    mutating func readReport(_ fields: Fields) {
        guard let field = fields[.report], let section = self.fields(field.node, of: .report) else { return }
        report.metricsFile = section[.metricsFile].flatMap { fixedPath($0, as: .output) }
        report.terminationMessage = section[.terminationMessage].flatMap { fixedPath($0, as: .output) }
        report.pushgateway = section[.pushgateway].flatMap { url($0, ReportURL.pushgateway) }
        let sendsSummary = section[.pingSummary].flatMap { boolean($0) } ?? false
        if let field = section[.ping] {
            report.ping = pingURL(field).map { PingDestination(url: $0, sendsSummary: sendsSummary) }
        } else if let field = section[.pingSummary] {
            problems.add(field.mark, "`ping_summary` is valid only with `ping`")
        }
    }

    /// A URL, or a mapping with its source, as for a secret.
    private mutating func pingURL(_ field: Field) -> SecretSource? {
        // No brand's name is known here, so a placeholder would expand to nothing.
        if field.node.kind == .mapping { return secret(field.node).flatMap { expand($0, for: "") } }
        return url(field, ReportURL.ping).map { .value(Secret(Array($0.utf8))) }
    }
}
