// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Curl
internal import Model
internal import Reporting
internal import Rotation

/// The formats of standard error.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
    /// Text with the priorities of sd-daemon(3).
    case journald

    /// `journald` if standard error is the journal, else `text`.
    static var suitable: LogFormat { Console.standardError.isJournal ? .journald : .text }
}

/// The log of a run. Lines have a maximum length and contain no control characters, secrets or tokens.
struct RunLog: Sendable {
    /// The raw values are the numbers of syslog(3).
    enum Level: Int, Sendable {
        case error = 3
        case warning = 4
        case info = 6
    }

    /// The optional fields of a line.
    struct Fields {
        var brand: String?
        var hook: String?
        var attempt: Int?
        var code: String?
        /// Further fields for the JSON format, with encoded values.
        var more: [(name: String, value: String)] = []
    }

    /// The maximum length of a sentence, in bytes. journald splits lines of more than 48 KiB.
    private static let longest = 4000

    let format: LogFormat
    let runID: String

    func write(_ level: Level, _ sentence: String, _ fields: Fields = Fields()) {
        Console.standardError.write(line(level, sentence, fields))
    }

    private func line(_ level: Level, _ sentence: String, _ fields: Fields) -> String {
        var sentence = VisibleText.escaping(sentence)
        if sentence.utf8.count > Self.longest {
            // Do not cut a character in two.
            var end = sentence.utf8.index(sentence.startIndex, offsetBy: Self.longest)
            while end.samePosition(in: sentence) == nil { end = sentence.utf8.index(before: end) }
            sentence = sentence[..<end] + "…"
        }
        switch format {
        case .text: return (level == .warning ? "warning: " : "") + text(sentence, fields) + "\n"
        case .journald: return "<\(level.rawValue)>" + text(sentence, fields) + "\n"
        case .json:
            let first: [(name: String, value: String?)] = [
                ("time", Timestamp.now.json), ("level", "\(level)".json), ("run_id", runID.json),
                ("brand", fields.brand?.json), ("hook", fields.hook?.json), ("attempt", fields.attempt?.json),
                ("code", fields.code?.json),
            ]
            let members = first + fields.more + [("message", sentence.json)]
            let pairs = members.compactMap { name, value in value.map { "\"\(name)\": \($0)" } }
            return "{" + pairs.joined(separator: ", ") + "}\n"
        }
    }

    private func text(_ sentence: String, _ fields: Fields) -> String {
        let attempt = fields.attempt.map { "attempt \($0)" }
        // The sentence about a hook or the whole run names what failed by itself.
        let code = fields.brand == nil ? nil : fields.code
        return [fields.brand, attempt, code, sentence].compactMap { $0 }.joined(separator: ": ")
    }
}

extension RunLog {
    /// Writes a line for each failure, and for each warning if wanted.
    func write(_ report: RunReport, withWarnings: Bool) {
        for failure in report.failures {
            write(.error, failure.message, Fields(brand: failure.brand, hook: failure.hook, code: failure.code))
        }
        if withWarnings { for warning in report.warnings { write(.warning, warning) } }
    }

    /// Writes an attempt with its timings, for `--verbose`.
    func write(_ attempt: RunEvent.Attempt) {
        var fields = Fields(brand: attempt.brand, attempt: attempt.number, code: attempt.failure?.code.text)
        var parts: [String] = []
        if let status = attempt.status {
            parts.append("HTTP \(status)")
            fields.more.append(("status", status.json))
        }
        if let timing = attempt.timing {
            if let version = timing.httpVersion {
                parts.append("over \(version)")
                fields.more.append(("protocol", version.json))
            }
            let times = [
                ("resolve", timing.resolved), ("connect", timing.connected), ("tls", timing.secured),
                ("first_byte", timing.firstByte), ("total", timing.total),
            ]
            fields.more += times.map { ("\($0.0)_ms", Self.milliseconds($0.1)) }
            let reached = times.dropLast().filter { $0.1 > .zero }.map { "\($0.0) \(Self.milliseconds($0.1))" }
            parts.append(
                "in \(Self.milliseconds(timing.total)) ms"
                    + (reached.isEmpty ? "" : " (\(reached.joined(separator: ", ")))"))
        }
        var sentence = parts.joined(separator: " ")
        if let failure = attempt.failure { sentence += (sentence.isEmpty ? "" : "; ") + failure.message }
        if let wait = attempt.retryDelay {
            sentence += "; again in \(DurationText.render(.milliseconds(wait.wholeMilliseconds)))"
        }
        write(.info, sentence, fields)
    }

    /// Milliseconds with one decimal place.
    private static func milliseconds(_ duration: Duration) -> String {
        let tenths = duration.components.seconds * 10_000 + duration.components.attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
