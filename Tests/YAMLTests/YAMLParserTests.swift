// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

/// A document as text: `"quoted"`, `plain`, `[…]`, `{key: …}`, with positions if asked.
private func shape(_ document: YAMLDocument, marks: Bool = false) -> String {
    func place(_ mark: Mark) -> String { marks ? "@\(mark.line):\(mark.column)" : "" }
    func shape(_ node: YAMLNode) -> String {
        switch node.kind {
        case .plain: return (document.text(node) ?? "no text") + place(node.mark)
        case .quoted: return "\"\(document.text(node) ?? "no text")\"" + place(node.mark)
        case .sequence:
            let items = document.items(node) ?? []
            return "[" + items.map(shape).joined(separator: ", ") + "]" + place(node.mark)
        case .mapping:
            let inner = document.pairs(node).map { pair in
                "\(pair.key)\(place(pair.mark)): \(shape(pair.value))"
            }
            return "{" + inner.joined(separator: ", ") + "}" + place(node.mark)
        }
    }
    return shape(document.root)
}

extension YAMLDocument {
    /// nil if the mapping does not have the key.
    fileprivate func value(of key: String, in node: YAMLNode) -> YAMLNode? {
        pairs(node).first { $0.key == key }?.value
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
    func `a document keeps its texts as written`(source: String, expected: String) throws {
        #expect(try shape(YAMLParser.parse(Array(source.utf8))) == expected)
    }

    @Test func `every node and key has its position`() throws {
        let source = "\u{FEFF}a: 1\nü:  [x,\r\n  {y: z}]\n- : q\n".replacing("- : q\n", with: "b: &t\n  - c\nd: *t\n")
        let expected =
            "{a@1:1: 1@1:4, ü@2:1: [x@2:6, {y@3:4: z@3:7}@3:3]@2:5, b@4:1: [c@5:5]@4:4, d@6:1: [c@5:5]@4:4}@1:1"
        #expect(try shape(YAMLParser.parse(Array(source.utf8)), marks: true) == expected)
    }

    @Test func `a mapping of many keys keeps their order`() throws {
        let keys = (0..<5000).map { "key\($0 &* 7919 % 5000)" }
        let source = keys.map { "\($0): 1\n" }.joined()
        let document = try YAMLParser.parse(Array(source.utf8))
        #expect(document.pairs(document.root).map(\.key) == keys)
    }

    @Test func `a key has its value at every depth and in any order`() throws {
        let source = "b: {a: 1, x: {b: 2}}\na: [{c: 3, a: 4}, {a: 5, c: 6}]\n"
        let document = try YAMLParser.parse(Array(source.utf8))
        func value(_ path: [String], _ node: YAMLNode) -> String? {
            guard let key = path.first else { return document.text(node) }
            return document.value(of: key, in: node).flatMap { value(Array(path.dropFirst()), $0) }
        }
        #expect(value(["b", "a"], document.root) == "1")
        #expect(value(["b", "x", "b"], document.root) == "2")
        let items = try #require(document.value(of: "a", in: document.root).flatMap { document.items($0) })
        #expect(items.map { value(["a"], $0) } == ["4", "5"])
        #expect(items.map { value(["c"], $0) } == ["3", "6"])
        #expect(document.value(of: "unused", in: document.root) == nil)
    }

    @Test func `keys in different Unicode spellings are shown as written`() throws {
        let source = "- \u{E9}: 1\n- e\u{301}: 2\n- \u{E9}: 3\n"
        let document = try YAMLParser.parse(Array(source.utf8))
        let items = try #require(document.items(document.root))
        let keys = items.flatMap { document.pairs($0).map { Array($0.key.utf8) } }
        #expect(keys == ["\u{E9}", "e\u{301}", "\u{E9}"].map { Array($0.utf8) })
    }

    @Test func `32 levels are allowed`() throws {
        let source = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(try shape(YAMLParser.parse(Array(source.utf8))) == source)
    }

    @Test func `aliases may repeat a common part`() throws {
        let source = "a: &x {b: c}\nd: [" + Array(repeating: "*x", count: 30_000).joined(separator: ",") + "]\n"
        let document = try YAMLParser.parse(Array(source.utf8))
        let list = try #require(document.value(of: "d", in: document.root))
        let items = try #require(document.items(list))
        #expect(items.count == 30_000)
    }
}
