// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A run as one small JSON document, for receivers that keep few bytes.
enum RunSummary {
    /// Kubernetes keeps 4096 bytes of a container's termination message.
    private static let byteLimit = 4096

    /// A file that begins with this holds a summary and may be overwritten.
    static let beginning = "{\"run_id\": "

    /// Names as many failed brands as fit; `failed` counts all of them.
    static func json(_ report: RunReport) -> String {
        let failures = report.outcomes.compactMap { outcome -> JSONObject? in
            outcome.failure.map { ["name": outcome.name, "code": $0.code.text] }
        }
        func document(_ listed: [JSONObject]) -> String {
            let summary: JSONObject = [
                "run_id": report.runID, "ended_at": report.endedAt, "exit_code": report.exitStatus.rawValue,
                "exit_meaning": report.exitStatus.meaning, "brands": report.outcomes.count, "failed": failures.count,
                "failures": listed,
            ]
            return summary.json + "\n"
        }
        let separator = ", ".utf8.count
        var room = byteLimit - document([]).utf8.count + separator
        return document(
            Array(
                failures.prefix { failure in
                    room -= failure.json.utf8.count + separator
                    return room >= 0
                }))
    }
}
