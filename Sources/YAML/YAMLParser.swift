// SPDX-License-Identifier: Apache-2.0

/// Reads one YAML document, more strictly than YAML asks: what a configuration file has no use for is refused.
///
/// Refused are tags, merge keys, several documents, duplicate keys, keys that are not scalars, deep nesting,
/// aliases that multiply, and bytes that are not plain UTF-8 text. A UTF-8 byte order mark at the start is skipped.
package enum YAMLParser {
    /// Sequences and mappings inside each other, aliases expanded. libyaml has no limit and is quadratic in the depth.
    package static let depthLimit = 32
    /// Nodes that may come from aliases, all together; a bomb is refused while the tree is still small.
    package static let aliasedNodeLimit = 100_000
    /// Nodes in all: more than 4 MiB of real configuration hold, less than 4 MiB of list dashes would make.
    package static let nodeLimit = 1_000_000

    /// The document's root. An empty file, or one of comments only, is an error.
    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode {
        let offset = try SourceBytes.check(bytes)
        guard offset < bytes.count else { throw TreeBuilder.empty }
        return unsafe try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) in
            var builder = TreeBuilder(
                events: unsafe try EventStream(UnsafeBufferPointer(rebasing: buffer[offset...])))
            return try builder.document()
        }
    }
}

/// Turns events into nodes, by descent that the depth limit bounds.
private struct TreeBuilder: ~Copyable {
    var events: EventStream
    private var anchors: [String: Subtree] = [:]
    private var nodes = 0
    private var aliasedNodes = 0

    init(events: consuming EventStream) {
        self.events = events
    }

    /// A node with what its expansion elsewhere would cost.
    private struct Subtree {
        let node: YAMLNode
        let nodes: Int
        /// Sequences and mappings inside each other, itself included.
        let height: Int
    }

    static let empty = YAMLError(Mark(line: 1, column: 1), "the file is empty or holds only comments")

    mutating func document() throws(YAMLError) -> YAMLNode {
        _ = try events.next()
        guard case .documentStart = try events.next().event else { throw Self.empty }
        let (event, mark) = try events.next()
        let root = try subtree(event, at: mark, depth: 0).node
        _ = try events.next()
        let (end, endMark) = try events.next()
        guard case .streamEnd = end else {
            throw YAMLError(endMark, "a second document begins here", hint: "one file holds one configuration")
        }
        return root
    }

    private mutating func subtree(_ event: EventStream.Event, at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        let subtree: Subtree
        let anchor: String?
        switch event {
        case .scalar(let text, let isPlain, let name):
            nodes += 1
            anchor = name
            subtree = Subtree(
                node: YAMLNode(mark: mark, content: .scalar(text: text, isPlain: isPlain)), nodes: 1, height: 0)
        case .sequenceStart(let name):
            anchor = name
            subtree = try sequence(at: mark, depth: depth + 1)
        case .mappingStart(let name):
            anchor = name
            subtree = try mapping(at: mark, depth: depth + 1)
        case .alias(let name):
            anchor = nil
            subtree = try expansion(of: name, at: mark, depth: depth)
        default:
            throw YAMLError(mark, "a value is missing")
        }
        guard nodes <= YAMLParser.nodeLimit else {
            throw YAMLError(mark, "more than \(YAMLParser.nodeLimit) values in one file")
        }
        if let anchor { anchors[anchor] = subtree }
        return subtree
    }

    private mutating func sequence(at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        try enter(mark, depth)
        var items: [YAMLNode] = []
        var total = 1
        var height = 0
        while true {
            let (event, itemMark) = try events.next()
            if case .sequenceEnd = event { break }
            let item = try subtree(event, at: itemMark, depth: depth)
            items.append(item.node)
            total += item.nodes
            height = max(height, item.height)
        }
        return Subtree(node: YAMLNode(mark: mark, content: .sequence(items)), nodes: total, height: height + 1)
    }

    private mutating func mapping(at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        try enter(mark, depth)
        var pairs: [YAMLPair] = []
        var index = KeyIndex()
        var total = 1
        var height = 0
        while true {
            let (event, keyMark) = try events.next()
            if case .mappingEnd = event { break }
            guard case .scalar(let key, let isPlain, _) = event else {
                throw YAMLError(keyMark, "a key must be a plain word")
            }
            if isPlain, key == "<<" {
                throw YAMLError(keyMark, "merge keys are not allowed", hint: "write the keys out")
            }
            if let first = index.firstMark(of: key, in: pairs) {
                throw YAMLError(keyMark, "a duplicate key: it stands already in line \(first.line)")
            }
            let (valueEvent, valueMark) = try events.next()
            let value = try subtree(valueEvent, at: valueMark, depth: depth)
            pairs.append(YAMLPair(key: key, mark: keyMark, value: value.node))
            index.note(pairs)
            total += value.nodes
            height = max(height, value.height)
        }
        // Without the room for more that appending leaves: a large file has ten thousands of these.
        if pairs.capacity > pairs.count { pairs = pairs.map { $0 } }
        return Subtree(node: YAMLNode(mark: mark, content: .mapping(pairs)), nodes: total, height: height + 1)
    }

    private mutating func enter(_ mark: Mark, _ depth: Int) throws(YAMLError) {
        nodes += 1
        guard depth <= YAMLParser.depthLimit else { throw Self.tooDeep(mark) }
    }

    private mutating func expansion(of anchor: String, at mark: Mark, depth: Int) throws(YAMLError) -> Subtree {
        // A value is known by its anchor once it is complete, so none can hold itself.
        guard let subtree = anchors[anchor] else {
            throw YAMLError(
                mark, "an alias without an anchor before it", hint: "a text that begins with * needs quotes")
        }
        aliasedNodes += subtree.nodes
        guard aliasedNodes <= YAMLParser.aliasedNodeLimit else {
            throw YAMLError(mark, "aliases expand to more than \(YAMLParser.aliasedNodeLimit) values")
        }
        // Chains of anchors could nest deeper than any text; freeing such a tree would exhaust the stack.
        guard depth + subtree.height <= YAMLParser.depthLimit else { throw Self.tooDeep(mark) }
        nodes += subtree.nodes
        return subtree
    }

    private static func tooDeep(_ mark: Mark) -> YAMLError {
        YAMLError(mark, "nested deeper than \(YAMLParser.depthLimit) levels")
    }
}

/// Finds duplicate keys: by looking through few keys, by hashing many.
private struct KeyIndex {
    private static let fewKeys = 12
    private var places: [String: Int] = [:]

    func firstMark(of key: String, in pairs: [YAMLPair]) -> Mark? {
        if pairs.count <= Self.fewKeys { return pairs.first { $0.key == key }?.mark }
        return places[key].map { pairs[$0].mark }
    }

    /// Takes up the pair that was just appended.
    mutating func note(_ pairs: [YAMLPair]) {
        if pairs.count == Self.fewKeys + 1 {
            for (place, pair) in pairs.enumerated() { places[pair.key] = place }
        } else if pairs.count > Self.fewKeys {
            places[pairs[pairs.count - 1].key] = pairs.count - 1
        }
    }
}
