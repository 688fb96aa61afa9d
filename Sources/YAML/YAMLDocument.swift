// SPDX-License-Identifier: Apache-2.0

/// One value of a ``YAMLDocument``: its place and its kind. What is in it, the document knows.
package struct YAMLNode: Sendable, Hashable {
    package enum Kind: UInt32, Sendable {
        /// A scalar that is neither quoted nor written as a block (`|`, `>`).
        case plain
        case quoted
        case sequence
        case mapping
    }

    // Sixteen bytes in all: a large file has a hundred thousand of these. No column of 4 MiB needs the two highest
    // bits of its word, which are the kind's.
    private let line: UInt32
    private let columnAndKind: UInt32
    /// Of a scalar, its bytes in the document's text; of a collection, the nodes in it.
    let start: UInt32
    var end: UInt32

    init(mark: Mark, kind: Kind, start: Int, end: Int) {
        line = UInt32(mark.line)
        columnAndKind = UInt32(mark.column) | kind.rawValue << 30
        self.start = UInt32(start)
        self.end = UInt32(end)
    }

    /// Where the value begins. For a value that came through an alias: where the anchored value begins.
    package var mark: Mark { Mark(line: Int(line), column: Int(columnAndKind & 0x3FFF_FFFF)) }

    package var kind: Kind { Kind(rawValue: columnAndKind >> 30) ?? .plain }

    package var isScalar: Bool { kind == .plain || kind == .quoted }

    var range: Range<Int> { Int(start)..<Int(end) }
}

/// One key of a mapping with its value.
package struct YAMLPair: Sendable {
    /// The key's number; ``YAMLDocument/keys`` has its text.
    package let key: Int
    /// Where the key begins.
    package let mark: Mark
    package let value: YAMLNode
}

/// A YAML document, untyped: a scalar stays the text it was written as.
///
/// Ten thousand brands are a hundred thousand nodes: all of them stand in one array in the order of the file, each
/// collection before what is in it, and their texts in another.
package struct YAMLDocument: Sendable {
    /// Each key once, by its number: those that ``YAMLParser/parse(_:knownKeys:)`` was given first, in their order.
    package let keys: [String]
    /// A key is a node before that of its value; its `start` is its number. An alias is a copy of the node it names.
    private let nodes: [YAMLNode]
    private let text: [UInt8]

    init(nodes: [YAMLNode], text: [UInt8], keys: [String]) {
        self.nodes = nodes
        self.text = text
        self.keys = keys
    }

    package var root: YAMLNode { nodes[0] }

    /// nil for what is no scalar.
    package func text(_ node: YAMLNode) -> String? {
        node.isScalar ? String(decoding: text[node.range], as: UTF8.self) : nil
    }

    /// nil for what is no sequence.
    package func items(_ node: YAMLNode) -> [YAMLNode]? {
        guard node.kind == .sequence else { return nil }
        // Counted first: a list of ten thousand that grew would take twice the room.
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

    /// In the order of the file; no two have one key. None for what is no mapping.
    package func pairs(_ node: YAMLNode) -> Pairs {
        Pairs(nodes: nodes, range: node.kind == .mapping ? node.range : 0..<0)
    }

    /// The value of a key; nil where a mapping has none, and for what is no mapping.
    package func value(ofKey key: Int, in node: YAMLNode) -> YAMLNode? {
        guard node.kind == .mapping else { return nil }
        var index = Int(node.start)
        while index < node.end {
            if nodes[index].start == key { return nodes[index + 1] }
            index = Self.successor(of: index + 1, in: nodes)
        }
        return nil
    }

    /// Where the node after this one and all that is in it stands.
    static func successor(of index: Int, in nodes: [YAMLNode]) -> Int {
        let node = nodes[index]
        // What an alias names lies before it.
        return node.isScalar ? index + 1 : max(index + 1, Int(node.end))
    }

    /// What a mapping holds.
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
