// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

extension ConfigurationReader {
    /// Reads `report` before everything else, because its receivers also get the report of an invalid configuration.
    mutating func readReport(_ fields: Fields) {
        guard let node = value(.report, in: fields) else { return }
        guard let section = self.fields(node, of: .report, named: "`report`") else { return }
        report.metricsFile = reportPath(section, .metricsFile)
        report.terminationMessage = reportPath(section, .terminationMessage)
        report.pushgateway = value(.pushgateway, in: section).flatMap { url($0, .pushgateway, ReportURL.pushgateway) }
        let sendsSummary = value(.pingSummary, in: section).map { boolean($0, .pingSummary) ?? false } ?? false
        guard let node = value(.ping, in: section) else {
            if let node = value(.pingSummary, in: section) {
                problems.add(node.mark, "`ping_summary` is valid only with `ping`")
            }
            return
        }
        if let url = pingURL(node) { report.ping = PingDestination(url: url, sendsSummary: sendsSummary) }
    }

    /// The resolved path of a file that the run writes and that nothing else uses.
    private mutating func reportPath(_ section: Fields, _ key: ConfigurationKey) -> String? {
        guard let node = value(key, in: section), let text = text(node, key) else { return nil }
        guard LexicalPath.namesFile(text) else {
            problems.add(node.mark, "`\(key)` names a directory, not a file")
            return nil
        }
        let path = LexicalPath.resolve(text, in: directory)
        let isFree = claim(path, key, as: .output, nameLimit: LexicalPath.outputNameLimit, at: node.mark)
        return isFree ? path : nil
    }

    /// A URL, or a mapping with its source, as for a secret.
    private mutating func pingURL(_ node: YAMLNode) -> SecretSource? {
        if node.kind == .mapping {
            // No brand's name is known here, so a placeholder would expand to nothing.
            return secret(node).flatMap { expand($0, for: "") }
        }
        return url(node, .ping, ReportURL.ping).map { .value(Secret(Array($0.utf8))) }
    }
}
