// SPDX-License-Identifier: Apache-2.0

/// A table of text columns for a terminal.
package enum TextTable {
    /// - Parameters:
    ///   - rows: all of the same length, the header first.
    ///   - width: the columns of the terminal: longer lines are cut, except if it has 20 or fewer. nil cuts no line.
    ///   - styles: of the second column, one for each row after the header.
    package static func render(_ rows: [[String]], width: Int?, styles: [TextStyle?] = []) -> String {
        guard let head = rows.first else { return "" }
        let widths = (0..<head.count - 1).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for (index, row) in rows.enumerated() {
            var cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            cells.append(row[row.count - 1])
            var line = cells.joined(separator: "  ")
            if let width, line.count > width, width > 20 { line = line.prefix(width - 1) + "…" }
            // Escape sequences come last, since they have no width.
            let end = widths.prefix(2).reduce(0, +) + 2
            if index > 0, index <= styles.count, let style = styles[index - 1], line.count > end {
                let start = line.index(line.startIndex, offsetBy: widths[0] + 2)
                let stop = line.index(start, offsetBy: row[1].count)
                line = line[..<start] + style.applied(to: String(line[start..<stop])) + line[stop...]
            }
            text += line + "\n"
        }
        return text
    }
}

/// How a word of a table is coloured (ECMA-48, Select Graphic Rendition).
package enum TextStyle: String, Sendable {
    case good = "32"
    case caution = "33"
    case bad = "31"

    func applied(to text: String) -> String { "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" }
}
