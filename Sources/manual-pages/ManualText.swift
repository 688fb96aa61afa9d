// SPDX-License-Identifier: Apache-2.0

/// Words as mdoc(7) takes them, read alike by mandoc and groff.
enum ManualText {
    /// Columns of a line: mandoc(1) asks for less than 80.
    private static let width = 78

    /// The lines of a paragraph: a new one for each sentence, none that could be taken for a request.
    static func lines(_ paragraph: String) -> [String] {
        var lines: [String] = []
        var line = ""
        var startsSentence = false
        var isCode = false
        for word in paragraph.split(whereSeparator: \.isWhitespace) {
            let written = escaped(word, isCode: &isCode)
            if !line.isEmpty {
                if line.count + 1 + written.count > width || (startsSentence && opensSentence(word)) {
                    lines.append(line)
                    line = ""
                } else {
                    line += " "
                }
            }
            // A line that begins with one of these would be a request.
            if line.isEmpty, let first = written.first, first == "." || first == "'" { line = "\\&" }
            line += written
            startsSentence = closesSentence(word)
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// One argument of a macro: never taken for a macro, for punctuation, or for two.
    ///
    /// - Parameter isCode: whether it is to be copied as it is; the names of pages are looked up as they are written.
    static func argument(_ text: some StringProtocol, isCode: Bool = true) -> String {
        var written = ""
        for scalar in text.unicodeScalars { written += scalar == "\"" ? "\\(dq" : escape(scalar, isCode: isCode) }
        if written.isEmpty { return "\"\"" }
        let isMacro = (2...3).contains(text.count) && text.first?.isUppercase == true
        let isPunctuation = text.allSatisfy { ".,:;()[]?!|".contains($0) }
        if isMacro || isPunctuation { written = "\\&" + written }
        return written.contains(" ") ? "\"\(written)\"" : written
    }

    /// Lines that are shown as they are.
    static func literal(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.isEmpty == true { lines.removeLast() }
        let written = lines.map { line in
            let written = line.unicodeScalars.map { escape($0, isCode: true) }.joined()
            return written.first == "." || written.first == "'" ? "\\&" + written : written
        }
        return [".Bd -literal -compact"] + written + [".Ed"]
    }

    /// One word. Backquotes become bold type; what somebody may copy keeps its hyphens.
    private static func escaped(_ word: Substring, isCode: inout Bool) -> String {
        let isTechnical =
            word.contains { "/_=$@`".contains($0) } || word.drop { !$0.isLetter && $0 != "-" }.first == "-"
        // Never hyphenated, then.
        var written = isTechnical || isCode ? "\\%" : ""
        for scalar in word.unicodeScalars {
            if scalar == "`" {
                isCode.toggle()
                written += isCode ? "\\fB" : "\\fP"
            } else {
                written += escape(scalar, isCode: isTechnical || isCode)
            }
        }
        return written
    }

    /// groff_char(7): what the two formatters would show as another character, and all that is not ASCII.
    private static func escape(_ scalar: Unicode.Scalar, isCode: Bool) -> String {
        switch scalar {
        case "\\": "\\e"
        case "^": "\\(ha"
        case "~": "\\(ti"
        case "`": "\\(ga"
        case "'" where isCode: "\\(aq"
        case "-" where isCode: "\\-"
        // No terminal that shows ASCII alone has these.
        case "…": "..."
        case "–": "\\(en"
        case "—": "\\(em"
        case _ where !scalar.isASCII:
            "\\[u" + String(repeating: "0", count: max(0, 4 - hexadecimal(scalar).count)) + hexadecimal(scalar) + "]"
        default: String(scalar)
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        String(scalar.value, radix: 16, uppercase: true)
    }

    private static func closesSentence(_ word: Substring) -> Bool {
        let end = word.last { !")]\"'`".contains($0) }
        return end == "." || end == "?" || end == "!"
    }

    /// What mandoc takes for the beginning of one, and quoted words.
    private static func opensSentence(_ word: Substring) -> Bool {
        guard let first = word.first(where: { !"([\"'`".contains($0) }) else { return false }
        return first.isUppercase || first.isNumber || "{$-".contains(first) || word.first == "`"
    }
}
