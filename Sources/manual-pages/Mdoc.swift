// SPDX-License-Identifier: Apache-2.0

/// Text in the mdoc(7) format. mandoc and groff render it alike.
enum Mdoc {
    /// mandoc(1) asks for lines of less than 80 columns.
    private static let width = 78

    /// The lines of a paragraph. Each sentence begins a new line, as mandoc(1) asks for. Backquotes become bold type.
    static func lines(_ paragraph: String) -> [String] {
        sentences(paragraph).flatMap { sentence in
            var lines: [String] = []
            for plain in escaped(sentence, hasCode: true).split(separator: " ") {
                // Names and paths are never hyphenated.
                let word = plain.contains { "/_=$@".contains($0) } ? "\\%" + plain : String(plain)
                if let last = lines.last, last.count + word.count < width {
                    lines[lines.count - 1] += " " + word
                } else {
                    lines.append(protected(word))
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
        // Macros have two or three letters.
        let isMacro = text.count <= 3 && text.first?.isUppercase == true
        let quoted = escaped(text).split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\(dq")
        let written = (isMacro ? "\\&" : "") + quoted
        return written.contains(" ") ? "\"\(written)\"" : written
    }

    /// Entries of a list, each with its heading.
    static func list(_ entries: [(heading: String, lines: [String])]) -> [String] {
        guard !entries.isEmpty else { return [] }
        return [".Bl -tag -width Ds"] + entries.flatMap { [".It \($0.heading)"] + $0.lines } + [".El"]
    }

    /// Text that is printed unchanged.
    static func literal(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { protected(escaped($0)) }
        return [".Bd -literal -compact"] + (lines.last == "" ? lines.dropLast() : lines) + [".Ed"]
    }

    /// A line that mdoc does not read as a request.
    private static func protected(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }

    /// The names are in groff_char(7). An ASCII terminal cannot print an ellipsis. Hyphens stay what a shell reads.
    private static func escaped(_ text: some StringProtocol, hasCode: Bool = false) -> String {
        var isCode = false
        return text.unicodeScalars.reduce(into: "") { written, scalar in
            switch scalar {
            case "`" where hasCode:
                isCode.toggle()
                written += isCode ? "\\fB" : "\\fP"
            case "\\": written += "\\e"
            case "^": written += "\\(ha"
            case "~": written += "\\(ti"
            case "`": written += "\\(ga"
            case "'": written += "\\(aq"
            case "-": written += "\\-"
            case "…": written += "..."
            case _ where !scalar.isASCII:
                let code = String(scalar.value, radix: 16, uppercase: true)
                written += "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
            default: written.unicodeScalars.append(scalar)
            }
        }
    }
}
