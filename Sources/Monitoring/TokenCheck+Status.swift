// SPDX-License-Identifier: Apache-2.0

package import Model

extension TokenCheck {
    /// A table of the published tokens for people, then their problems.
    /// - Parameter width: the most columns of the table; nil for no limit.
    package func table(width: Int?, isColoured: Bool = false) -> String {
        let rows = findings.map { finding in
            let left = finding.remaining.map { DurationText.render(max(.zero, $0)) }
            return [finding.brand, finding.state.name, left ?? "-", finding.outputs.joined(separator: " ")]
        }
        let bad = findings.filter { $0.state != .ok }.map { "\($0.brand): \(VisibleText.escaping($0.sentence))\n" }
        return TextTable.render(
            [["BRAND", "STATE", "EXPIRES IN", "FILES"]] + rows, width: width,
            styles: isColoured ? findings.map(\.state.style) : []) + bad.joined()
    }

    /// The same as one JSON document with a trailing newline, in pieces of at most one brand each.
    package func writeJSON(at now: Timestamp, to write: (String) -> Void) {
        JSONText.writeDocument(
            head,
            exit: isPlugin ? (state.rawValue, state.meaning) : (exitStatus.rawValue, exitStatus.meaning(of: .tokens)),
            ["checked_at": now, "state": state.name],
            lists: ["brands": findings.lazy.map { $0.json(at: now) }], to: write)
    }
}

extension TokenCheck.Finding {
    fileprivate func json(at now: Timestamp) -> JSONObject {
        [
            "name": brand, "state": state.name, "message": (state == .ok ? nil : sentence) as String?,
            "expires_at": remaining.map(now.advanced(by:)), "remaining_seconds": remaining?.components.seconds,
            "outputs": outputs.map { ["file": JSONText.place($0)] as JSONObject },
        ]
    }
}

extension TokenCheck.State {
    fileprivate var meaning: String {
        switch self {
        case .ok: "every token is in place and as fresh as the last run should have left it"
        case .warning: "a token was not renewed in time, or a file is not as configured"
        case .critical: "a token is missing, invalid or about to expire"
        case .unknown: "the state of some token is unknown"
        }
    }

    var style: TextStyle {
        switch self {
        case .ok: .good
        case .warning, .unknown: .caution
        case .critical: .bad
        }
    }
}
