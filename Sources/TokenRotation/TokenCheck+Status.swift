// SPDX-License-Identifier: Apache-2.0

package import Model

extension TokenCheck {
    /// What is published, in columns for people, then what is wrong with it.
    package func table(width: Int, isColoured: Bool = false) -> String {
        let rows = findings.map { finding in
            let left = finding.remaining.map { DurationText.render(max(.zero, $0)) }
            return [finding.brand, finding.state.name, left ?? "-", finding.outputs.joined(separator: " ")]
        }
        let bad = findings.filter { $0.state != .ok }.map { "\($0.brand): \(VisibleText.escaping($0.sentence))\n" }
        return TextTable.render(
            [["BRAND", "STATE", "EXPIRES IN", "FILES"]] + rows, width: width,
            styles: isColoured ? findings.map(\.state.style) : []) + bad.joined()
    }

    /// The same as one JSON document with a line end, in pieces of at most one brand each.
    package func writeJSON(at now: Timestamp, to write: (String) -> Void) {
        write(
            """
            {
              "version": \(JSONText.quoted(ProgramVersion.text)),
              "checked_at": \(JSONText.quoted(now.description)),
              "state": "\(state.name)",
              "problem": \(problem.map(JSONText.quoted) ?? "null"),
              "brands": [
            """)
        for (index, finding) in findings.enumerated() {
            write((index == 0 ? "\n" : ",\n") + json(finding, at: now))
        }
        write((findings.isEmpty ? "]" : "\n  ]") + "\n}\n")
    }

    private func json(_ finding: Finding, at now: Timestamp) -> String {
        let seconds = finding.remaining.map { "\($0.components.seconds)" }
        let end = finding.remaining.map { JSONText.quoted(now.advanced(by: $0).description) }
        return """
                {"name": \(JSONText.quoted(finding.brand)), "state": "\(finding.state.name)", \
            "message": \(finding.state == .ok ? "null" : JSONText.quoted(finding.sentence)), \
            "expires_at": \(end ?? "null"), "remaining_seconds": \(seconds ?? "null"), \
            "files": [\(finding.outputs.map(JSONText.quoted).joined(separator: ", "))]}
            """
    }
}

extension TokenCheck.State {
    var style: TextStyle {
        switch self {
        case .ok: .good
        case .warning, .unknown: .doubtful
        case .critical: .bad
        }
    }
}
