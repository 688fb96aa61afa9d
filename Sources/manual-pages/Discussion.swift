// SPDX-License-Identifier: Apache-2.0

/// The discussion of a command, taken apart.
///
/// `EXIT STATUS:` on a line of its own begins a section of that name; so does any line of capitals with a colon.
/// Indented lines with two columns are a list. Sentences that begin with `Exits with` are about the exit status
/// wherever they stand.
struct Discussion {
    private enum Block {
        case paragraph(String)
        case row(term: String, text: String)
    }

    /// Before the first title, without what is about the exit status.
    private(set) var introduction: [String] = []
    /// By title, in their order.
    private(set) var sections: [ManualSection] = []
    /// `Exits with …`
    private(set) var exitSentences: String

    init(_ text: String?) {
        var parts: [(title: String?, blocks: [Block])] = [(nil, [])]
        var paragraph: [Substring] = []
        func close() {
            guard !paragraph.isEmpty else { return }
            parts[parts.count - 1].blocks.append(.paragraph(paragraph.joined(separator: " ")))
            paragraph = []
        }
        for line in (text ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if let title = Self.title(line) {
                close()
                parts.append((title, []))
            } else if let (term, text) = Self.row(line) {
                close()
                parts[parts.count - 1].blocks.append(.row(term: term, text: text))
            } else if line.allSatisfy(\.isWhitespace) {
                close()
            } else {
                paragraph.append(line)
            }
        }
        close()

        var exits: [String] = []
        let first: [Block] = parts[0].blocks.compactMap { block in
            guard case .paragraph(let words) = block else { return block }
            let sentences = Self.sentences(words)
            exits += sentences.filter { $0.hasPrefix("Exits with ") }
            let rest = sentences.filter { !$0.hasPrefix("Exits with ") }
            return rest.isEmpty ? nil : .paragraph(rest.joined(separator: " "))
        }
        exitSentences = exits.joined(separator: " ")
        introduction = Self.lines(first)
        sections = parts.dropFirst().map { ManualSection(title: $0.title ?? "", lines: Self.lines($0.blocks)) }
    }

    private static func lines(_ blocks: [Block]) -> [String] {
        var lines: [String] = []
        var rows: [(heading: String, lines: [String])] = []
        func closeRows() {
            lines += ManualSection.list(rows)
            rows = []
        }
        for block in blocks {
            switch block {
            case .paragraph(let text):
                closeRows()
                lines += (lines.isEmpty ? [] : [".Pp"]) + ManualText.lines(text)
            case .row(let term, let text):
                rows.append(("Li " + ManualText.argument(term), ManualText.lines(text)))
            }
        }
        closeRows()
        return lines
    }

    private static func title(_ line: Substring) -> String? {
        guard line.hasSuffix(":"), line.first?.isUppercase == true else { return nil }
        let name = line.dropLast()
        return name.allSatisfy { $0.isUppercase || $0 == " " } ? String(name) : nil
    }

    /// `  term  what it means`
    private static func row(_ line: Substring) -> (term: String, text: String)? {
        let words = line.drop { $0 == " " }
        guard line.hasPrefix("  "), let gap = words.firstRange(of: "  ") else { return nil }
        return (String(words[..<gap.lowerBound]), String(words[gap.upperBound...].drop { $0 == " " }))
    }

    private static func sentences(_ text: String) -> [String] {
        var sentences: [[Substring]] = [[]]
        for word in text.split(whereSeparator: \.isWhitespace) {
            if let last = sentences.last?.last, last.hasSuffix("."), word.first?.isUppercase == true {
                sentences.append([])
            }
            sentences[sentences.count - 1].append(word)
        }
        return sentences.map { $0.joined(separator: " ") }
    }
}
