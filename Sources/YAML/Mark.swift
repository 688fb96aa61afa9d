// SPDX-License-Identifier: Apache-2.0

/// A position in the file. Lines and columns count from 1; a column is a Unicode scalar.
package struct Mark: Sendable, Hashable, Comparable {
    // 32 bits each keep the nodes of a large file small. A file has at most 4 MiB.
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
