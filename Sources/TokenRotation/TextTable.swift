// SPDX-License-Identifier: Apache-2.0

/// Rows of cells in columns, for a terminal.
enum TextTable {
    /// - Parameter rows: all of one length, the head first. A line longer than `width` characters is cut, but on
    ///   terminals too narrow for any table.
    static func render(_ rows: [[String]], width: Int) -> String {
        guard let head = rows.first else { return "" }
        let widths = (0..<head.count - 1).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for row in rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = (cells + [row[row.count - 1]]).joined(separator: "  ")
            text += (line.count > width && width > 20 ? line.prefix(width - 1) + "…" : line[...]) + "\n"
        }
        return text
    }
}
