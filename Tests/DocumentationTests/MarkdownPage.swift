// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A page of the documentation, as its source is written.
struct MarkdownPage: CustomTestStringConvertible, Sendable {
    /// What stands between two fences.
    struct Block: Sendable {
        /// The first word behind the opening fence; empty where there is none.
        var language: String
        /// The other words behind it.
        var words: [String]
        var text: String
        /// Of the opening fence, from 1.
        var line: Int
        /// What the page says that it prints: the `text` block right behind it.
        var expected: String?
    }

    /// From the top of the repository, such as `docs/cron.md`.
    let name: String
    let blocks: [Block]
    /// Everything outside of blocks, a line each; empty where a block's lines are.
    let prose: [String]

    var testDescription: String { name }

    /// Every page of the repository: README first, then by name.
    static let all: [MarkdownPage] = {
        let files = FileManager.default.enumerator(
            at: Repository.root, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        let pages = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "md" }
        let names = pages.map { String($0.standardizedFileURL.path.dropFirst(Repository.root.path.count + 1)) }
        return (["README.md"] + names.filter { $0 != "README.md" }.sorted()).compactMap { try? named($0) }
    }()

    static func named(_ name: String) throws -> MarkdownPage {
        MarkdownPage(name: name, text: try String(contentsOf: Repository.url(name), encoding: .utf8))
    }

    init(name: String, text: String) {
        self.name = name
        var blocks: [Block] = []
        var prose: [String] = []
        var open: Block?
        /// Whether nothing but blank lines came since the last block.
        var isBehindBlock = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                prose.append("")
                guard let block = open else {
                    let words = line.dropFirst(3).split(separator: " ").map(String.init)
                    open = Block(
                        language: words.first ?? "", words: Array(words.dropFirst()), text: "", line: index + 1)
                    continue
                }
                open = nil
                if block.language == "text", isBehindBlock, let last = blocks.indices.last,
                    blocks[last].language == "sh"
                {
                    blocks[last].expected = block.text
                }
                blocks.append(block)
                isBehindBlock = true
            } else if open != nil {
                open?.text += line + "\n"
                prose.append("")
            } else {
                prose.append(String(line))
                if !line.allSatisfy(\.isWhitespace) { isBehindBlock = false }
                if let hidden = line.wholeMatch(of: #/<!-- sh: (.+) -->/#) {
                    blocks.append(
                        Block(language: "sh", words: ["try"], text: hidden.output.1 + "\n", line: index + 1))
                }
            }
        }
        self.blocks = blocks
        self.prose = prose
    }

    /// What GitHub makes of the headings for links.
    var anchors: Set<String> {
        Set(
            prose.compactMap { line in
                guard let title = line.wholeMatch(of: /#+ (.+)/)?.output.1 else { return nil }
                let kept = title.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                return kept.replacing(" ", with: "-")
            })
    }

    /// What links of the page lead to.
    var links: [String] {
        prose.flatMap { $0.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) } }
    }

    /// The cells of the table between `<!-- marker -->` and `<!-- /marker -->`, without the line below its head.
    func table(_ marker: String) throws -> [[String]] {
        guard let start = prose.firstIndex(of: "<!-- \(marker) -->"),
            let end = prose[start...].firstIndex(of: "<!-- /\(marker) -->")
        else { throw TestFailure("\(name) has no table \(marker)") }
        return prose[start..<end].filter { $0.hasPrefix("|") && !$0.hasPrefix("|--") }.map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
