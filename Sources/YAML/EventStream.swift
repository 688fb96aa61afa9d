// SPDX-License-Identifier: Apache-2.0

internal import CYAML

/// The event parser of libyaml. The caller keeps the bytes alive.
@safe
struct EventStream: ~Copyable {
    // The parser contains pointers to itself, so its address must not change.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: UnsafeBufferPointer<UInt8>
    // The last event. libyaml owns its texts until the next one.
    private var event = unsafe yaml_event_t()

    /// - Parameter source: Not empty, valid UTF-8, and longer-lived than the stream.
    @unsafe
    init(_ source: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw YAMLError(.start, "out of memory")
        }
        unsafe yaml_parser_set_input_string(parser, source.baseAddress, source.count)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe self.parser = unsafe parser
        unsafe self.source = unsafe source
    }

    deinit {
        var event = unsafe event
        unsafe yaml_event_delete(&event)
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// Reads the next event. Tags are rejected here.
    mutating func next() throws(YAMLError) -> yaml_event_type_t {
        unsafe yaml_event_delete(&event)
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        let tag =
            switch unsafe event.type {
            case YAML_SCALAR_EVENT: unsafe event.data.scalar.tag
            case YAML_SEQUENCE_START_EVENT: unsafe event.data.sequence_start.tag
            case YAML_MAPPING_START_EVENT: unsafe event.data.mapping_start.tag
            default: unsafe UnsafeMutablePointer<yaml_char_t>?.none
            }
        guard let tag = unsafe tag else { return unsafe event.type }
        throw YAMLError(mark, tag: unsafe String(cString: tag))
    }

    /// Where the last event begins.
    var mark: Mark { unsafe Mark(event.start_mark) }

    /// The text of the last event, which must be a scalar.
    @unsafe var text: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
    }

    /// Whether the last event, which must be a scalar, has neither quotes nor is a block.
    var isPlain: Bool { unsafe event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }

    /// The anchor of the last event, or the name of its alias.
    var anchor: String? {
        let name =
            switch unsafe event.type {
            case YAML_ALIAS_EVENT: unsafe event.data.alias.anchor
            case YAML_SCALAR_EVENT: unsafe event.data.scalar.anchor
            case YAML_SEQUENCE_START_EVENT: unsafe event.data.sequence_start.anchor
            case YAML_MAPPING_START_EVENT: unsafe event.data.mapping_start.anchor
            default: unsafe UnsafeMutablePointer<yaml_char_t>?.none
            }
        return unsafe name.map { unsafe String(cString: $0) }
    }

    private func failure() -> YAMLError {
        if unsafe parser.pointee.error == YAML_MEMORY_ERROR {
            return unsafe YAMLError(Mark(parser.pointee.mark), "out of memory")
        }
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "invalid YAML"
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) } ?? ""
        // libyaml notices an unclosed quote and a key without a colon late. The place where they begin is more
        // useful.
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
}

extension Mark {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
