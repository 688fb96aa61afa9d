// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import YAML

extension ConfigurationReader {
    /// Reads `report` before everything else: who is to be told of a run is told of a bad configuration too.
    mutating func readReport(_ fields: Fields) {
        guard let node = value(.report, in: fields) else { return }
        guard let section = self.fields(node, of: .report, named: "`report`") else { return }
        report.metricsFile = reportPath(section, .metricsFile)
        report.terminationMessage = reportPath(section, .terminationMessage)
        if let node = value(.pushgateway, in: section), let text = text(node, .pushgateway) {
            do throws(Endpoint.Fault) {
                report.pushgateway = try ReportURL.pushgateway(text)
            } catch {
                problems.add(node.mark, error.message, hint: error.hint)
            }
        }
        let sendsSummary = value(.pingSummary, in: section).map { boolean($0, .pingSummary) ?? false } ?? false
        guard let node = value(.ping, in: section) else {
            if let node = value(.pingSummary, in: section) {
                problems.add(node.mark, "`ping_summary` goes with `ping` only")
            }
            return
        }
        if let url = pingURL(node) { report.ping = PingDestination(url: url, sendsSummary: sendsSummary) }
    }

    /// A file that is written, resolved and unlike all others.
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

    /// A URL, or a mapping that says where it comes from, as for a secret.
    private mutating func pingURL(_ node: YAMLNode) -> SecretSource? {
        if node.kind == .mapping {
            // No brand's name goes into it: a placeholder would not be replaced by anything.
            return secret(node).flatMap { expand($0, for: "") }
        }
        guard let text = text(node, .ping) else { return nil }
        if let fault = ReportURL.pingFault(text) {
            problems.add(node.mark, fault.message, hint: fault.hint)
            return nil
        }
        return .value(Secret(Array(text.utf8)))
    }
}
