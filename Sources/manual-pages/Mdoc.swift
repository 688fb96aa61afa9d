// SPDX-License-Identifier: Apache-2.0

/// Text in the mdoc(7) format. mandoc and groff render it alike.
enum Mdoc {
    /// mandoc(1) asks for lines of less than 80 columns.
    private static let width = 78

    /// The lines of a paragraph. Each sentence begins a new line, as mandoc(1) asks for.
    static func lines(_ paragraph: String) -> [String] {
        sentences(paragraph).flatMap { sentence in
            var lines: [String] = []
            var isCode = false
            for word in sentence.split(separator: " ") {
                let written = escaped(word, isCode: &isCode)
                if let last = lines.last, last.count + written.count < width {
                    lines[lines.count - 1] += " " + written
                } else {
                    lines.append(protected(written))
                }
            }
            return lines
        }
    }

    static func sentences(_ paragraph: String) -> [String] {
        var sentences: [String] = []
        for word in paragraph.split(whereSeparator: \.isWhitespace) {
            let first = word.first { !"([\"'".contains($0) } ?? " "
            let begins = first.isUppercase || first.isNumber || "{$-`".contains(first)
            let ended = sentences.last?.last { !")]\"'`".contains($0) }.map { ".?!".contains($0) } ?? true
            if begins && ended || sentences.isEmpty {
                sentences.append(String(word))
            } else {
                sentences[sentences.count - 1] += " " + word
            }
        }
        return sentences
    }

    /// One argument of a macro. mdoc does not read it as another macro.
    static func argument(_ text: some StringProtocol) -> String {
        var written = text.unicodeScalars.map { $0 == "\"" ? "\\(dq" : escaped($0, isCode: true) }.joined()
        // Macros have two or three letters.
        if text.count <= 3 && text.first?.isUppercase == true { written = "\\&" + written }
        return written.contains(" ") ? "\"\(written)\"" : written
    }

    /// Entries of a list, each with its heading.
    static func list(_ entries: [(heading: String, lines: [String])]) -> [String] {
        guard !entries.isEmpty else { return [] }
        return [".Bl -tag -width Ds"] + entries.flatMap { [".It \($0.heading)"] + $0.lines } + [".El"]
    }

    /// Text that is printed unchanged.
    static func literal(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            protected(line.unicodeScalars.map { escaped($0, isCode: true) }.joined())
        }
        return [".Bd -literal -compact"] + (lines.last == "" ? lines.dropLast() : lines) + [".Ed"]
    }

    /// A line that mdoc does not read as a request.
    private static func protected(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }

    /// One word. Backquotes become bold type. Code keeps its hyphens and is never hyphenated.
    private static func escaped(_ word: Substring, isCode: inout Bool) -> String {
        let isTechnical =
            word.contains { "/_=$@`".contains($0) } || word.drop { !$0.isLetter && $0 != "-" }.first == "-"
        var written = isTechnical || isCode ? "\\%" : ""
        for scalar in word.unicodeScalars {
            if scalar == "`" {
                isCode.toggle()
                written += isCode ? "\\fB" : "\\fP"
            } else {
                written += escaped(scalar, isCode: isTechnical || isCode)
            }
        }
        return written
    }

    /// The names are in groff_char(7). An ASCII terminal cannot print an ellipsis.
    private static func escaped(_ scalar: Unicode.Scalar, isCode: Bool) -> String {
        switch scalar {
        case "\\": return "\\e"
        case "^": return "\\(ha"
        case "~": return "\\(ti"
        case "`": return "\\(ga"
        case "'" where isCode: return "\\(aq"
        case "-" where isCode: return "\\-"
        case "…": return "..."
        case _ where !scalar.isASCII:
            let code = String(scalar.value, radix: 16, uppercase: true)
            return "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
        default: return String(scalar)
        }
    }
}
