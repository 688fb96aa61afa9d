// SPDX-License-Identifier: Apache-2.0

/// Builds a document from events by recursive descent. The depth limit bounds the recursion.
struct DocumentBuilder: ~Copyable {
    private var events: EventStream
    private var keys: KeyTable
    private var nodes: [YAMLNode] = []
    private var text: [UInt8] = []
    /// For each key number: its node in the innermost open mapping that has it; otherwise 0, the root.
    private var openKeys: [UInt32] = []
    private var anchors: [String: Subtree] = [:]
    private var count = 0
    private var aliasedCount = 0

    static let empty = YAMLError(Mark(line: 1, column: 1), "the file is empty or holds only comments")

    /// - Parameter size: Bytes in the file, to reserve capacity for a typical document. Unused capacity takes no
    ///   memory.
    init(events: consuming EventStream, keys: KeyTable, size: Int) {
        self.events = events
        self.keys = keys
        nodes.reserveCapacity(size / 8)
        text.reserveCapacity(size)
    }

    /// A node with the cost of an alias to it.
    private struct Subtree {
        var node: YAMLNode
        var count = 1
        /// Nested sequences and mappings, including itself.
        var height = 0

        mutating func take(_ item: Subtree) {
            count += item.count
            height = max(height, item.height + 1)
        }
    }

    mutating func document() throws(YAMLError) -> YAMLDocument {
        _ = try events.next()
        guard case .documentStart = try events.next() else { throw Self.empty }
        _ = try subtree(events.next(), depth: 0)
        _ = try events.next()
        guard case .streamEnd = try events.next() else {
            throw YAMLError(events.mark, "a second document begins here", hint: "use one file for each configuration")
        }
        return YAMLDocument(nodes: nodes, text: text, keys: keys.names)
    }

    /// Adds a value and its children.
    private mutating func subtree(_ event: EventStream.Event, depth: Int) throws(YAMLError) -> Subtree {
        let mark = events.mark
        let anchor = events.anchor
        let subtree: Subtree
        switch event {
        case .scalar(let isPlain):
            count += 1
            subtree = scalar(isPlain ? .plain : .quoted, at: mark)
        case .sequenceStart:
            subtree = try sequence(at: mark, depth: depth + 1)
        case .mappingStart:
            subtree = try mapping(at: mark, depth: depth + 1)
        case .alias:
            subtree = try expansion(of: anchor, at: mark, depth: depth)
        default:
            throw YAMLError(mark, "a value is missing")
        }
        guard count <= YAMLParser.nodeLimit else {
            throw YAMLError(mark, "more than \(YAMLParser.nodeLimit) values in one file")
        }
        if let anchor { anchors[anchor] = subtree }
        return subtree
    }

    private mutating func scalar(_ kind: YAMLNode.Kind, at mark: Mark) -> Subtree {
        let start = text.count
        unsafe text.append(contentsOf: events.text)
        let node = YAMLNode(mark: mark, kind: kind, start: start, end: text.count)
        nodes.append(node)
        return Subtree(node: node)
    }

    private mutating func sequence(at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        var sequence = try open(.sequence, at: mark, depth: depth)
        while true {
            let event = try events.next()
            if case .sequenceEnd = event { break }
            sequence.take(try subtree(event, depth: depth))
        }
        return close(sequence)
    }

    private mutating func mapping(at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        var mapping = try open(.mapping, at: mark, depth: depth)
        while true {
            let event = try events.next()
            if case .mappingEnd = event { break }
            try key(event, of: mapping.node)
            mapping.take(try subtree(events.next(), depth: depth))
        }
        forgetKeys(of: mapping.node)
        return close(mapping)
    }

    private mutating func open(_ kind: YAMLNode.Kind, at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        count += 1
        guard depth <= YAMLParser.depthLimit else { throw Self.tooDeep(mark) }
        let node = YAMLNode(mark: mark, kind: kind, start: nodes.count + 1, end: 0)
        nodes.append(node)
        return Subtree(node: node, height: 1)
    }

    private mutating func close(_ collection: Subtree) -> Subtree {
        var closed = collection
        closed.node.end = UInt32(nodes.count)
        nodes[Int(closed.node.start) - 1] = closed.node
        return closed
    }

    private mutating func key(_ event: EventStream.Event, of mapping: YAMLNode) throws(YAMLError) {
        let mark = events.mark
        guard case .scalar(let isPlain) = event else { throw YAMLError(mark, "a key must be a plain word") }
        let number = unsafe keys.number(of: events.text.span)
        if isPlain, unsafe events.text.count == 2, keys.names[number] == "<<" {
            throw YAMLError(mark, "merge keys are not allowed", hint: "write the keys out")
        }
        let equal = keys.representative(of: number)
        while openKeys.count <= equal { openKeys.append(0) }
        let earlier = openKeys[equal]
        guard earlier < mapping.start else {
            throw YAMLError(mark, "duplicate key: already defined on line \(nodes[Int(earlier)].mark.line)")
        }
        openKeys[equal] = UInt32(nodes.count)
        // While the mapping is open, the `end` of a key is its node in an outer mapping.
        nodes.append(YAMLNode(mark: mark, kind: .plain, start: number, end: Int(earlier)))
    }

    /// Restores the keys of outer mappings when a mapping ends.
    private mutating func forgetKeys(of mapping: YAMLNode) {
        var index = Int(mapping.start)
        while index < nodes.count {
            let key = nodes[index]
            openKeys[keys.representative(of: Int(key.start))] = key.end
            index = YAMLDocument.successor(of: index + 1, in: nodes)
        }
    }

    private mutating func expansion(of anchor: String?, at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        // An anchor is known after its value is complete, so no value contains itself.
        guard let anchor, let subtree = anchors[anchor] else {
            throw YAMLError(
                mark, "an alias without an anchor before it", hint: "a text that begins with * needs quotes")
        }
        aliasedCount += subtree.count
        guard aliasedCount <= YAMLParser.aliasedNodeLimit else {
            throw YAMLError(mark, "aliases expand to more than \(YAMLParser.aliasedNodeLimit) values")
        }
        // Chains of anchors could nest deeper than any text, and exhaust the stack of a reader.
        guard depth + subtree.height <= YAMLParser.depthLimit else { throw Self.tooDeep(mark) }
        count += subtree.count
        nodes.append(subtree.node)
        return subtree
    }

    private static func tooDeep(_ mark: Mark) -> YAMLError {
        YAMLError(mark, "nested deeper than \(YAMLParser.depthLimit) levels")
    }
}
