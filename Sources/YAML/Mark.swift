// SPDX-License-Identifier: Apache-2.0

/// A place in the file. Lines and columns count from 1; a column is a Unicode scalar.
package struct Mark: Sendable, Hashable, Comparable {
    // Two 32-bit halves keep a node of a large file small; a file is bounded at 4 MiB.
    private let storedLine: UInt32
    private let storedColumn: UInt32

    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    package var line: Int { Int(storedLine) }
    package var column: Int { Int(storedColumn) }

    package static func < (left: Mark, right: Mark) -> Bool {
        (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
    }
}
