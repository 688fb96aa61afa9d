// SPDX-License-Identifier: Apache-2.0

package import Model

/// The result of one check on this host, and what to do about it.
package struct HostFinding: Sendable, Equatable {
    /// A stable value of the JSON document, never renamed. The check of a shared destination has the name of its kind.
    package struct Check: Sendable, Hashable {
        package let name: String

        package init(_ name: String) { self.name = name }

        package static let configuration = Check("configuration")
        /// The user and group that all checks ran as.
        package static let user = Check("user")
        package static let lock = Check("lock")
        /// What starts the runs, compared with `run_every`.
        package static let schedule = Check("schedule")
        package static let trustStore = Check("trust-store")
        package static let proxy = Check("proxy")
        package static let nameResolution = Check("name-resolution")
        package static let connection = Check("connection")
        package static let tls = Check("tls")
        package static let clock = Check("clock")
        package static let secret = Check("secret")
        package static let output = Check("output")
        package static let hook = Check("hook")
        package static let stateDirectory = Check("state-dir")
        /// Receivers of reports: metrics, pings, the termination message.
        package static let report = Check("report")
    }

    package enum Result: String, Sendable, CaseIterable {
        case ok, warn, fail
    }

    package let check: Check
    /// The subject of the check: a path, a brand, a host.
    package let subject: String
    package let result: Result
    /// For people. It contains no secret, no token and no line of a file.
    package let message: String

    package init(_ check: Check, _ subject: String, _ result: Result, _ message: String) {
        self.check = check
        self.subject = subject
        self.result = result
        self.message = message
    }
}

/// All findings on this host.
package struct HostReport: Sendable, Equatable {
    package var findings: [HostFinding]
    /// What was checked, and the problems that kept the check from starting.
    package let head: DocumentHead
    /// Set if a signal ended the checks.
    private let stop: ExitStatus?

    package init(
        findings: [HostFinding], head: DocumentHead = DocumentHead("doctor"), stop: ExitStatus? = nil
    ) {
        self.findings = findings
        self.head = head
        self.stop = stop
    }

    /// The worst result of all findings.
    package var result: HostFinding.Result {
        if findings.contains(where: { $0.result == .fail }) { return .fail }
        return findings.contains { $0.result == .warn } ? .warn : .ok
    }

    package var exitStatus: ExitStatus { stop ?? (result == .fail ? .configuration : .success) }
}

extension HostReport {
    /// The maximum number of subjects in a line, and of lines for one check and result.
    private static let mostSubjects = 3
    private static let mostLines = 10

    /// One line for each finding. Subjects with the same message share a line, and omitted lines are counted.
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
            // Many messages begin with the path of a file.
            let words = line.message.hasPrefix(names + ":") ? line.message : "\(names): \(line.message)"
            text += Self.line(line.kind.result, line.kind.check, words)
        }
        for line in lines {
            guard let count = written.removeValue(forKey: line.kind), count > Self.mostLines else { continue }
            let more = count - Self.mostLines
            text += Self.line(
                line.kind.result, line.kind.check, "and \(more) more of this kind; --output json lists all")
        }
        return text
    }

    private static func line(_ result: HostFinding.Result, _ check: HostFinding.Check, _ words: String) -> String {
        let padding = String(repeating: " ", count: 4 - result.rawValue.count)
        return VisibleText.escaping("\(result.rawValue)\(padding)  \(check.name): \(words)") + "\n"
    }

    private static func names(_ subjects: [String]) -> String {
        let more = subjects.count - mostSubjects
        return subjects.prefix(mostSubjects).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// Every finding as one JSON document with a line end, in pieces.
    package func writeJSON(to write: (String) -> Void) {
        JSONText.writeDocument(
            head, exit: (exitStatus.rawValue, exitStatus.meaning(of: .host)), ["result": result.rawValue],
            lists: ["checks": findings.lazy.map(\.json)], to: write)
    }
}

extension HostFinding {
    fileprivate var json: JSONObject {
        ["check": check.name, "subject": subject, "result": result.rawValue, "message": message]
    }
}
