// SPDX-License-Identifier: Apache-2.0

package import Model

/// One thing that was looked at on this host, and what to do about it.
package struct HostFinding: Sendable, Equatable {
    /// Stable words of the JSON document; never renamed, only added to.
    package enum Check: String, Sendable, CaseIterable {
        case configuration
        /// As whom the examination, and so the rest of it, was made.
        case user
        case lock
        case trustStore = "trust-store"
        case proxy
        case nameResolution = "name-resolution"
        case connection
        case tls
        case clock
        case secret
        case output
        case hook
        case stateDirectory = "state-dir"
        /// Those who are told of a run.
        case report
        case kubernetesSecret = "kubernetes-secret"
    }

    package enum Result: String, Sendable, CaseIterable {
        case ok, warn, fail
    }

    package let check: Check
    /// What was looked at: a path, a brand, a host.
    package let subject: String
    package let result: Result
    /// For people; no secret, no token, no line of a file.
    package let message: String

    package init(_ check: Check, _ subject: String, _ result: Result, _ message: String) {
        self.check = check
        self.subject = subject
        self.result = result
        self.message = message
    }
}

/// What an examination of this host came to.
package struct HostReport: Sendable, Equatable {
    package var findings: [HostFinding]

    package init(findings: [HostFinding]) {
        self.findings = findings
    }

    /// Of these three words the worst.
    package var result: HostFinding.Result {
        if findings.contains(where: { $0.result == .fail }) { return .fail }
        return findings.contains { $0.result == .warn } ? .warn : .ok
    }

    package var exitStatus: ExitStatus { result == .fail ? .configuration : .success }
}

extension HostReport {
    /// Subjects that are named in one line, and lines of one check with one result.
    private static let mostSubjects = 3
    private static let mostLines = 10

    /// A line for each finding; what is the same of many subjects is said once, and what is much is counted.
    package var text: String {
        struct Kind: Hashable {
            let check: HostFinding.Check
            let result: HostFinding.Result
        }
        struct Line: Hashable {
            let kind: Kind
            let message: String
        }
        var lines: [Line] = []
        var subjects: [Line: [String]] = [:]
        for finding in findings {
            let line = Line(kind: Kind(check: finding.check, result: finding.result), message: finding.message)
            if subjects[line] == nil { lines.append(line) }
            subjects[line, default: []].append(finding.subject)
        }
        var text = ""
        var written: [Kind: Int] = [:]
        for line in lines {
            let count = written[line.kind, default: 0] + 1
            written[line.kind] = count
            guard count <= Self.mostLines else { continue }
            let names = Self.names(subjects[line] ?? [])
            // Many messages name a file first.
            let words = line.message.hasPrefix(names + ":") ? line.message : "\(names): \(line.message)"
            text += Self.line(line.kind.result, line.kind.check, words)
        }
        for check in HostFinding.Check.allCases {
            for result in HostFinding.Result.allCases {
                let more = written[Kind(check: check, result: result), default: 0] - Self.mostLines
                if more > 0 { text += Self.line(result, check, "and \(more) more of the kind; --output json has all") }
            }
        }
        return text
    }

    private static func line(_ result: HostFinding.Result, _ check: HostFinding.Check, _ words: String) -> String {
        let padding = String(repeating: " ", count: 4 - result.rawValue.count)
        return VisibleText.escaping("\(result.rawValue)\(padding)  \(check.rawValue): \(words)") + "\n"
    }

    private static func names(_ subjects: [String]) -> String {
        let more = subjects.count - mostSubjects
        return subjects.prefix(mostSubjects).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// Every finding as one JSON document with a line end, in pieces.
    package func writeJSON(to write: (String) -> Void) {
        write(
            """
            {
              "version": \(JSONText.quoted(ProgramVersion.text)),
              "result": \(JSONText.quoted(result.rawValue)),
              "checks": [
            """)
        for (index, finding) in findings.enumerated() {
            write(
                """
                \(index == 0 ? "" : ",")
                    {"check": \(JSONText.quoted(finding.check.rawValue)), \
                "subject": \(JSONText.quoted(finding.subject)), \
                "result": \(JSONText.quoted(finding.result.rawValue)), \
                "message": \(JSONText.quoted(finding.message))}
                """)
        }
        write((findings.isEmpty ? "]" : "\n  ]") + "\n}\n")
    }
}
