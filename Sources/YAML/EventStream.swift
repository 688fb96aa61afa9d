// SPDX-License-Identifier: Apache-2.0

internal import CYAML

/// libyaml's event parser over bytes that its owner keeps alive and in place.
@safe
struct EventStream: ~Copyable {
    /// One step through a document. Only what the tree needs: tags are refused here.
    enum Event {
        case alias(anchor: String)
        case scalar(text: String, isPlain: Bool, anchor: String?)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
        case documentStart
        case documentEnd
        case streamStart
        case streamEnd
    }

    // The parser keeps pointers to itself, so it needs an address of its own.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: UnsafeBufferPointer<UInt8>

    /// `source` is not empty, is UTF-8, and outlives the stream.
    @unsafe
    init(_ source: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw YAMLError(Mark(line: 1, column: 1), "out of memory")
        }
        unsafe yaml_parser_set_input_string(parser, source.baseAddress, source.count)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe self.parser = unsafe parser
        unsafe self.source = unsafe source
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// The next event and where it begins.
    mutating func next() throws(YAMLError) -> (event: Event, mark: Mark) {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe Mark(event.start_mark)
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT:
            return (.streamStart, mark)
        case YAML_DOCUMENT_START_EVENT:
            return (.documentStart, mark)
        case YAML_DOCUMENT_END_EVENT:
            return (.documentEnd, mark)
        case YAML_ALIAS_EVENT:
            return (.alias(anchor: unsafe Self.text(event.data.alias.anchor) ?? ""), mark)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            guard unsafe scalar.tag == nil else { throw Self.tagged(mark) }
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return (
                .scalar(
                    text: unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain,
                    anchor: unsafe Self.text(scalar.anchor)), mark
            )
        case YAML_SEQUENCE_START_EVENT:
            guard unsafe event.data.sequence_start.tag == nil else { throw Self.tagged(mark) }
            return (.sequenceStart(anchor: unsafe Self.text(event.data.sequence_start.anchor)), mark)
        case YAML_SEQUENCE_END_EVENT:
            return (.sequenceEnd, mark)
        case YAML_MAPPING_START_EVENT:
            guard unsafe event.data.mapping_start.tag == nil else { throw Self.tagged(mark) }
            return (.mappingStart(anchor: unsafe Self.text(event.data.mapping_start.anchor)), mark)
        case YAML_MAPPING_END_EVENT:
            return (.mappingEnd, mark)
        default:
            return (.streamEnd, mark)
        }
    }

    private static func tagged(_ mark: Mark) -> YAMLError {
        YAMLError(mark, "tags are not allowed", hint: "a text that begins with ! needs quotes")
    }

    private func failure() -> YAMLError {
        if unsafe parser.pointee.error == YAML_MEMORY_ERROR {
            return unsafe YAMLError(Mark(parser.pointee.mark), "out of memory")
        }
        let problem = unsafe Self.text(parser.pointee.problem) ?? "not readable as YAML"
        let context = unsafe Self.text(parser.pointee.context) ?? ""
        // An unclosed quote and a key without its colon are noticed later; where they begin is what helps.
        let found = unsafe scalar(at: Mark(parser.pointee.problem_mark))
        let isLate =
            found == nil || problem == "found unexpected end of stream" || context == "while scanning a simple key"
        let mark = unsafe Mark(isLate && !context.isEmpty ? parser.pointee.context_mark : parser.pointee.problem_mark)
        return YAMLError(mark, context: context, problem: problem, found: found)
    }

    /// nil at the end of the file.
    private func scalar(at mark: Mark) -> Unicode.Scalar? {
        let text = unsafe String(decoding: source, as: UTF8.self).unicodeScalars
        let lines = text.split(separator: "\n", maxSplits: mark.line, omittingEmptySubsequences: false)
        guard mark.line <= lines.count else { return nil }
        let isLast = mark.line == lines.count
        return lines[mark.line - 1].dropFirst(mark.column - 1).first ?? (isLast ? nil : "\n")
    }

    @unsafe
    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    @unsafe
    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }
}

extension Mark {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
