// SPDX-License-Identifier: Apache-2.0

internal import Model

/// The parser's help text, in the order in which people read it.
enum HelpPage {
    private static let title = "EXIT STATUS:\n"
    /// The columns that the parser assumes without a terminal.
    private static let width = 80

    /// The exit statuses, each on one line.
    static var exitStatuses: String { title + rows.map { $0 + $1 }.joined(separator: "\n") }

    private static var rows: [(head: String, words: String)] {
        ExitStatus.allCases.map { status in
            let code = "\(status.rawValue)"
            return (
                "  " + code + String(repeating: " ", count: 5 - code.count), "\(status.meaning) (\(status.advice))"
            )
        }
    }

    /// Moves the usage to the beginning and the exit statuses to the end. Other texts stay as they are.
    static func arrange(_ help: String) -> String {
        guard help.hasPrefix("OVERVIEW: "), let usage = help.firstRange(of: "\n\nUSAGE: ") else { return help }
        var overview = help[..<usage.lowerBound]
        let rest = help[usage.upperBound...]
        let usageEnd = rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex
        var end = ""
        if let table = overview.firstRange(of: "\n\n" + title) {
            overview = overview[..<table.lowerBound]
            end =
                "\n\n" + title
                + rows.map { wrapped($0.words.split(separator: " "), after: $0.head) }.joined(separator: "\n")
        }
        // An option stays on one line with its value.
        let options = rest[..<usageEnd].replacing(" [", with: "\n[").split(separator: "\n")
        return wrapped(options, after: "USAGE: ") + "\n\n" + overview + rest[usageEnd...] + end
    }

    /// Pieces of text after a head, with a margin as wide as the head.
    private static func wrapped(_ pieces: [Substring], after head: String) -> String {
        let margin = String(repeating: " ", count: head.count)
        var lines: [String] = []
        for piece in pieces {
            if let last = lines.last, head.count + last.count + 1 + piece.count <= width {
                lines[lines.count - 1] = last + " " + piece
            } else {
                lines.append(String(piece))
            }
        }
        return head + lines.joined(separator: "\n" + margin)
    }
}
