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

/// One value of a YAML document, untyped: a scalar stays the text it was written as.
package struct YAMLNode: Sendable, Hashable {
    /// Where the value begins. For a value that came through an alias: where the anchored value begins.
    package let mark: Mark
    package let content: Content

    package enum Content: Sendable, Hashable {
        /// `isPlain` is false where the text was quoted or written as a block (`|`, `>`).
        case scalar(text: String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In file order; keys are unique.
        case mapping([YAMLPair])
    }

    package init(mark: Mark, content: Content) {
        self.mark = mark
        self.content = content
    }
}

/// One key of a mapping with its value.
package struct YAMLPair: Sendable, Hashable {
    package let key: String
    /// Where the key begins.
    package let mark: Mark
    package let value: YAMLNode

    package init(key: String, mark: Mark, value: YAMLNode) {
        self.key = key
        self.mark = mark
        self.value = value
    }
}
