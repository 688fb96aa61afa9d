// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import TokenRotation

/// A run in one small JSON document, for those who keep only a few bytes.
enum RunSummary {
    /// Kubernetes keeps 4096 bytes of a container's termination message.
    private static let byteLimit = 4096

    /// What tells a summary from whatever else may stand where one is to be written.
    static let beginning = "{\"run_id\": "

    /// Names the failed brands as far as there is room; `failed` counts them all.
    static func json(_ report: RunReport) -> String {
        let failed = report.outcomes.compactMap { outcome in outcome.failure.map { (outcome.name, $0.code.rawValue) } }
        let head = """
            \(beginning)\(JSONText.quoted(report.runID)), "ended_at": \(JSONText.quoted(report.endedAt.description)), \
            "exit_code": \(report.exitStatus.rawValue), "exit_meaning": \(JSONText.quoted(report.exitStatus.meaning)), \
            "brands": \(report.outcomes.count), "failed": \(failed.count), "failures": [
            """
        let tail = "]}"
        var list = ""
        for (name, code) in failed {
            let entry = (list.isEmpty ? "" : ", ") + "{\"name\": \"\(name)\", \"code\": \"\(code)\"}"
            guard head.utf8.count + list.utf8.count + entry.utf8.count + tail.utf8.count < byteLimit else { break }
            list += entry
        }
        return head + list + tail + "\n"
    }
}
