// SPDX-License-Identifier: Apache-2.0

/// A position in the file. Lines and columns count from 1; a column is a Unicode scalar.
package struct Mark: Sendable, Hashable {
    // 32 bits each keep the nodes of a large file small. A file has at most 4 MiB.
    private let storedLine: UInt32
    private let storedColumn: UInt32

    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    package var line: Int { Int(storedLine) }
    package var column: Int { Int(storedColumn) }

    package static let start = Mark(line: 1, column: 1)
}

/// One value of a ``YAMLDocument``: its position and kind. The document holds the content.
package struct YAMLNode: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        /// An unquoted scalar that is not a block (`|`, `>`).
        case plain
        case quoted
        case sequence
        case mapping
    }

    /// Where the value begins. For an alias, where the anchored value begins.
    package let mark: Mark
    /// Scalar: its bytes in the text of the document. Collection: its nodes.
    let start: UInt32
    var end: UInt32
    package let kind: Kind

    init(mark: Mark, kind: Kind, start: Int, end: Int) {
        self.mark = mark
        self.kind = kind
        self.start = UInt32(start)
        self.end = UInt32(end)
    }

    var range: Range<Int> { Int(start)..<Int(end) }
    /// Scalar: bytes of its text.
    package var length: Int { range.count }
    var isScalar: Bool { kind == .plain || kind == .quoted }
}

/// A key of a mapping with its value.
package struct YAMLPair: Sendable {
    package let key: String
    /// Where the key begins.
    package let mark: Mark
    package let value: YAMLNode
}

/// An untyped YAML document: every scalar is text as written.
///
/// Ten thousand brands have a hundred thousand nodes. One array holds all nodes in file order, each collection before
/// its children, each key before its value. Another holds their texts. An alias is a copy of its node.
package struct YAMLDocument: Sendable {
    let nodes: [YAMLNode]
    let text: [UInt8]

    package var root: YAMLNode { nodes[0] }

    /// nil if the node is not a scalar.
    package func text(_ node: YAMLNode) -> String? {
        node.isScalar ? String(decoding: text[node.range], as: UTF8.self) : nil
    }

    /// nil if the node is not a sequence.
    package func items(_ node: YAMLNode) -> [YAMLNode]? {
        guard node.kind == .sequence else { return nil }
        var items: [YAMLNode] = []
        var index = Int(node.start)
        while index < node.end {
            items.append(nodes[index])
            index = successor(of: index)
        }
        return items
    }

    /// In file order, without duplicate keys. Empty if the node is not a mapping.
    package func pairs(_ node: YAMLNode) -> Pairs {
        Pairs(document: self, range: node.kind == .mapping ? node.range : 0..<0)
    }

    package struct Pairs: Sequence, IteratorProtocol {
        fileprivate let document: YAMLDocument
        fileprivate var range: Range<Int>

        package mutating func next() -> YAMLPair? {
            guard let index = range.first else { return nil }
            range = document.successor(of: index + 1)..<range.upperBound
            let key = document.nodes[index]
            return YAMLPair(key: document.text(key) ?? "", mark: key.mark, value: document.nodes[index + 1])
        }
    }

    /// The index of the next node that is not a child of this one.
    private func successor(of index: Int) -> Int {
        // The target of an alias is before it.
        nodes[index].isScalar ? index + 1 : max(index + 1, Int(nodes[index].end))
    }
}
