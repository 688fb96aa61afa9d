// SPDX-License-Identifier: Apache-2.0

internal import CYAML

/// Builds a document from events by recursive descent. The depth limit bounds the recursion.
struct DocumentBuilder: ~Copyable {
    private var events: EventStream
    private var nodes: [YAMLNode] = []
    private var text: [UInt8] = []
    /// The number of each key. Keys that are equal in Unicode have the same number.
    private var keyNumbers: [String: Int] = [:]
    /// By the number of a key: the last mapping that had it, counted from 1.
    private var lastMappings: [Int] = []
    /// The keys of all open mappings.
    private var openKeys: [(number: Int, mark: Mark)] = []
    private var anchors: [String: Subtree] = [:]
    private var count = 0
    private var aliasedCount = 0

    static let empty = YAMLError(
        .start, "the file is empty or holds only comments", hint: "write at least `endpoint` and `brands`")

    /// - Parameter size: Bytes in the file, to reserve capacity for a typical document. Unused capacity takes no
    ///   memory.
    init(events: consuming EventStream, size: Int) {
        self.events = events
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

    consuming func document() throws(YAMLError) -> YAMLDocument {
        _ = try events.next()
        guard try events.next() == YAML_DOCUMENT_START_EVENT else { throw Self.empty }
        _ = try subtree(events.next(), depth: 0)
        _ = try events.next()
        guard try events.next() == YAML_STREAM_END_EVENT else {
            throw YAMLError(events.mark, "a second document begins here", hint: "use one file for each configuration")
        }
        return YAMLDocument(nodes: nodes, text: text)
    }

    /// Adds a value and its children.
    private mutating func subtree(_ event: yaml_event_type_t, depth: Int) throws(YAMLError) -> Subtree {
        let mark = events.mark
        let anchor = events.anchor
        let subtree: Subtree
        switch event {
        case YAML_SCALAR_EVENT:
            count += 1
            subtree = Subtree(node: scalar(events.isPlain ? .plain : .quoted))
        case YAML_SEQUENCE_START_EVENT:
            subtree = try collection(.sequence, depth: depth + 1)
        case YAML_MAPPING_START_EVENT:
            subtree = try collection(.mapping, depth: depth + 1)
        case YAML_ALIAS_EVENT:
            subtree = try expansion(of: anchor, depth: depth)
        default:
            throw YAMLError(mark, "a value is missing")
        }
        guard count <= YAMLParser.nodeLimit else {
            throw YAMLError(mark, "more than \(YAMLParser.nodeLimit) values in one file")
        }
        if let anchor { anchors[anchor] = subtree }
        return subtree
    }

    private mutating func scalar(_ kind: YAMLNode.Kind) -> YAMLNode {
        let start = text.count
        unsafe text.append(contentsOf: events.text)
        nodes.append(YAMLNode(mark: events.mark, kind: kind, start: start, end: text.count))
        return nodes[nodes.count - 1]
    }

    private mutating func collection(_ kind: YAMLNode.Kind, depth: Int) throws(YAMLError) -> Subtree {
        count += 1
        guard depth <= YAMLParser.depthLimit else { throw tooDeep }
        let place = nodes.count
        var subtree = Subtree(
            node: YAMLNode(mark: events.mark, kind: kind, start: place + 1, end: place + 1), height: 1)
        nodes.append(subtree.node)
        let keys = openKeys.count
        while true {
            var event = try events.next()
            if event == YAML_SEQUENCE_END_EVENT || event == YAML_MAPPING_END_EVENT { break }
            if kind == .mapping {
                try key(event)
                event = try events.next()
            }
            subtree.take(try self.subtree(event, depth: depth))
        }
        try closeKeys(from: keys, of: place)
        subtree.node.end = UInt32(nodes.count)
        nodes[place] = subtree.node
        return subtree
    }

    private mutating func key(_ event: yaml_event_type_t) throws(YAMLError) {
        guard event == YAML_SCALAR_EVENT else {
            throw YAMLError(
                events.mark, "a key must be a plain word",
                hint: event == YAML_MAPPING_START_EVENT ? YAMLError.renderFirst : nil)
        }
        let key = String(decoding: text[scalar(.plain).range], as: UTF8.self)
        if events.isPlain, key == "<<" {
            throw YAMLError(
                events.mark, "merge keys (<<) are not allowed", hint: "put the keys that brands share into `defaults`")
        }
        let number = keyNumbers[key] ?? keyNumbers.count
        if number == lastMappings.count {
            keyNumbers[key] = number
            lastMappings.append(0)
        }
        openKeys.append((number, events.mark))
    }

    /// Finds duplicate keys when a mapping ends.
    private mutating func closeKeys(from start: Int, of mapping: Int) throws(YAMLError) {
        for key in openKeys[start...] {
            if lastMappings[key.number] == mapping + 1,
                let earlier = openKeys[start...].first(where: { $0.number == key.number })
            {
                throw YAMLError(key.mark, "duplicate key: already defined on line \(earlier.mark.line)")
            }
            lastMappings[key.number] = mapping + 1
        }
        openKeys.removeSubrange(start...)
    }

    private mutating func expansion(of anchor: String?, depth: Int) throws(YAMLError) -> Subtree {
        // An anchor is known after its value is complete, so no value contains itself.
        guard let anchor, let subtree = anchors[anchor] else {
            throw YAMLError(
                events.mark, "an alias without an anchor before it", hint: "a text that begins with * needs quotes")
        }
        aliasedCount += subtree.count
        guard aliasedCount <= YAMLParser.aliasedNodeLimit else {
            throw YAMLError(events.mark, "aliases expand to more than \(YAMLParser.aliasedNodeLimit) values")
        }
        // Chains of anchors could nest deeper than any text, and exhaust the stack of a reader.
        guard depth + subtree.height <= YAMLParser.depthLimit else { throw tooDeep }
        count += subtree.count
        nodes.append(subtree.node)
        return subtree
    }

    private var tooDeep: YAMLError {
        YAMLError(
            events.mark, "nested deeper than \(YAMLParser.depthLimit) levels", hint: "nothing in this file is that deep"
        )
    }
}
