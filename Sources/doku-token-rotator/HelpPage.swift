// SPDX-License-Identifier: Apache-2.0

internal import Model

/// The parser's help text, in the order in which people read it.
enum HelpPage {
    private static let title = "EXIT STATUS:\n"

    /// The exit statuses, each on one line.
    static var exitStatuses: String { title + rows(width: .max).joined(separator: "\n") }

    /// Moves the usage to the beginning and the exit statuses to the end. Other texts stay as they are.
    static func arrange(_ help: String) -> String {
        guard help.hasPrefix("OVERVIEW: "), let usage = help.firstRange(of: "\n\nUSAGE: ") else { return help }
        var overview = help[..<usage.lowerBound]
        let rest = help[usage.lowerBound...].drop { $0.isNewline }
        let usageEnd = rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex
        var end = ""
        if let table = overview.firstRange(of: "\n\n" + title) {
            overview = overview[..<table.lowerBound]
            end = "\n\n" + title + rows(width: 80).joined(separator: "\n")
        }
        return rest[..<usageEnd] + "\n\n" + overview + rest[usageEnd...] + end
    }

    private static func rows(width: Int) -> [String] {
        ExitStatus.allCases.map { status in
            let code = "\(status.rawValue)"
            var row = "  " + code + String(repeating: " ", count: 5 - code.count)
            let margin = "\n" + String(repeating: " ", count: row.count)
            var room = width - row.count
            for word in "\(status.meaning) (\(status.advice))".split(separator: " ") {
                if word.count > room {
                    row += margin
                    room = width - margin.count
                }
                row += row.last == " " ? word : " " + word
                room -= word.count + 1
            }
            return row
        }
    }
}
