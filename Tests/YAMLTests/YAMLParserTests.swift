// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

/// A node as text: `"quoted"`, `plain`, `[…]`, `{key: …}`, each with its place where asked.
private func shape(_ node: YAMLNode, marks: Bool = false) -> String {
    let place = marks ? "@\(node.mark.line):\(node.mark.column)" : ""
    switch node.content {
    case .scalar(let text, let isPlain): return (isPlain ? text : "\"\(text)\"") + place
    case .sequence(let items): return "[" + items.map { shape($0, marks: marks) }.joined(separator: ", ") + "]" + place
    case .mapping(let pairs):
        let inner = pairs.map { pair in
            let keyPlace = marks ? "@\(pair.mark.line):\(pair.mark.column)" : ""
            return "\(pair.key)\(keyPlace): \(shape(pair.value, marks: marks))"
        }
        return "{" + inner.joined(separator: ", ") + "}" + place
    }
}

@Suite struct YAMLParserTests {
    @Test(arguments: [
        ("a: 1", "{a: 1}"),
        ("- a\n- b: c\n  d: e\n", "[a, {b: c, d: e}]"),
        ("{a: [1, \"2\", '3'], b: {}}", "{a: [1, \"2\", \"3\"], b: {}}"),
        ("a:", "{a: }"),
        ("a: ''", "{a: \"\"}"),
        ("a: |\n  x\n  y\n", "{a: \"x\ny\n\"}"),
        ("a: >-\n  x\n  y\n", "{a: \"x y\"}"),
        ("a: no\nb: 017\nc: 12:30:45\nd: 1_000\n", "{a: no, b: 017, c: 12:30:45, d: 1_000}"),
        ("a: \"\\u00e9\\x41\"", "{a: \"éA\"}"),
        ("a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
        ("---\na: 1\n...\n", "{a: 1}"),
        ("\u{FEFF}a: 1", "{a: 1}"),
        ("a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"),
        ("# only at first\n\na: 1 # and here\n", "{a: 1}"),
        ("\"<<\": 1", "{<<: 1}"),
    ])
    func `a document keeps its texts as they were written`(source: String, expected: String) throws {
        #expect(try shape(YAMLParser.parse(Array(source.utf8))) == expected)
    }

    @Test func `every node and key knows its place`() throws {
        let source = "\u{FEFF}a: 1\nü:  [x,\r\n  {y: z}]\n- : q\n".replacing("- : q\n", with: "b: &t\n  - c\nd: *t\n")
        let expected =
            "{a@1:1: 1@1:4, ü@2:1: [x@2:6, {y@3:4: z@3:7}@3:3]@2:5, b@4:1: [c@5:5]@4:4, d@6:1: [c@5:5]@4:4}@1:1"
        #expect(try shape(YAMLParser.parse(Array(source.utf8)), marks: true) == expected)
    }

    @Test func `a mapping of many keys keeps their order`() throws {
        let keys = (0..<5000).map { "key\($0 &* 7919 % 5000)" }
        let source = keys.map { "\($0): 1\n" }.joined()
        guard case .mapping(let pairs) = try YAMLParser.parse(Array(source.utf8)).content else {
            Issue.record("no mapping")
            return
        }
        #expect(pairs.map(\.key) == keys)
    }

    @Test func `32 levels are allowed`() throws {
        let source = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(try shape(YAMLParser.parse(Array(source.utf8))) == source)
    }

    @Test func `aliases may stand in for a common part`() throws {
        let source = "a: &x {b: c}\nd: [" + Array(repeating: "*x", count: 30_000).joined(separator: ",") + "]\n"
        guard case .mapping(let pairs) = try YAMLParser.parse(Array(source.utf8)).content,
            case .sequence(let items) = pairs[1].value.content
        else {
            Issue.record("no list")
            return
        }
        #expect(items.count == 30_000)
    }
}
