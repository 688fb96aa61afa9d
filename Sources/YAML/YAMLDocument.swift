// SPDX-License-Identifier: Apache-2.0

/// One value of a ``YAMLDocument``: its position and kind. The document holds the content.
package struct YAMLNode: Sendable, Hashable {
    package enum Kind: UInt32, Sendable {
        /// An unquoted scalar that is not a block (`|`, `>`).
        case plain
        case quoted
        case sequence
        case mapping
    }

    // 16 bytes in total: a large file has a hundred thousand nodes. No column within 4 MiB needs the two highest
    // bits, so they hold the kind.
    private let line: UInt32
    private let columnAndKind: UInt32
    /// Scalar: its bytes in the text of the document. Collection: its nodes.
    let start: UInt32
    var end: UInt32

    init(mark: Mark, kind: Kind, start: Int, end: Int) {
        line = UInt32(mark.line)
        columnAndKind = UInt32(mark.column) | kind.rawValue << 30
        self.start = UInt32(start)
        self.end = UInt32(end)
    }

    /// Where the value begins. For an alias, where the anchored value begins.
    package var mark: Mark { Mark(line: Int(line), column: Int(columnAndKind & 0x3FFF_FFFF)) }

    package var kind: Kind { Kind(rawValue: columnAndKind >> 30) ?? .plain }

    package var isScalar: Bool { kind == .plain || kind == .quoted }

    var range: Range<Int> { Int(start)..<Int(end) }
}

package struct YAMLPair: Sendable {
    /// The number of the key; ``YAMLDocument/keys`` has its text.
    package let key: Int
    /// Where the key begins.
    package let mark: Mark
    package let value: YAMLNode
}

/// An untyped YAML document: every scalar is text as written.
///
/// Ten thousand brands have a hundred thousand nodes. One array holds all nodes in file order, each collection before
/// its children. Another holds their texts.
package struct YAMLDocument: Sendable {
    /// Each key once, by number. The known keys of ``YAMLParser/parse(_:knownKeys:)`` come first, in their order.
    package let keys: [String]
    /// A key node comes before its value; its `start` is the key number. An alias is a copy of its node.
    private let nodes: [YAMLNode]
    private let text: [UInt8]

    init(nodes: [YAMLNode], text: [UInt8], keys: [String]) {
        self.nodes = nodes
        self.text = text
        self.keys = keys
    }

    package var root: YAMLNode { nodes[0] }

    /// nil if the node is not a scalar.
    package func text(_ node: YAMLNode) -> String? {
        node.isScalar ? String(decoding: text[node.range], as: UTF8.self) : nil
    }

    /// nil if the node is not a sequence.
    package func items(_ node: YAMLNode) -> [YAMLNode]? {
        guard node.kind == .sequence else { return nil }
        // Counted first: growing a list of ten thousand would use twice the memory.
        var count = 0
        forEachItem(of: node) { _ in count += 1 }
        var items: [YAMLNode] = []
        items.reserveCapacity(count)
        forEachItem(of: node) { items.append($0) }
        return items
    }

    private func forEachItem(of sequence: YAMLNode, _ body: (YAMLNode) -> Void) {
        var index = Int(sequence.start)
        while index < sequence.end {
            body(nodes[index])
            index = Self.successor(of: index, in: nodes)
        }
    }

    /// In file order, without duplicate keys. Empty if the node is not a mapping.
    package func pairs(_ node: YAMLNode) -> Pairs {
        Pairs(nodes: nodes, range: node.kind == .mapping ? node.range : 0..<0)
    }

    /// nil if the mapping lacks the key, or the node is not a mapping.
    package func value(ofKey key: Int, in node: YAMLNode) -> YAMLNode? {
        guard node.kind == .mapping else { return nil }
        var index = Int(node.start)
        while index < node.end {
            if nodes[index].start == key { return nodes[index + 1] }
            index = Self.successor(of: index + 1, in: nodes)
        }
        return nil
    }

    /// The index of the next node that is not a child of this one.
    static func successor(of index: Int, in nodes: [YAMLNode]) -> Int {
        let node = nodes[index]
        // The target of an alias is before it.
        return node.isScalar ? index + 1 : max(index + 1, Int(node.end))
    }

    package struct Pairs: Sequence, IteratorProtocol {
        fileprivate let nodes: [YAMLNode]
        fileprivate var range: Range<Int>

        package mutating func next() -> YAMLPair? {
            guard let index = range.first else { return nil }
            let key = nodes[index]
            let after = YAMLDocument.successor(of: index + 1, in: nodes)
            range = after..<range.upperBound
            return YAMLPair(key: Int(key.start), mark: key.mark, value: nodes[index + 1])
        }
    }
}
