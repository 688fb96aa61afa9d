// SPDX-License-Identifier: Apache-2.0

/// A text with placeholders for a brand's name: `{brand}` unchanged, `{BRAND}` in the form of a variable's name.
struct NameTemplate: Sendable {
    /// Which braces are allowed.
    enum Braces {
        /// Only the two placeholders; any other brace is invalid.
        case placeholdersOnly
        /// Other braces are plain text, as in the arguments of a command.
        case free
    }

    private enum Part {
        case text(String)
        case brand
        case variable
    }

    private var parts: [Part] = []

    /// nil if the text has a brace that `braces` does not allow.
    init?(_ text: String, braces: Braces = .placeholdersOnly) {
        var rest = text[...]
        while let brace = rest.utf8.firstIndex(where: { $0 == 0x7B || $0 == 0x7D }) {
            let placeholder = rest[brace...].prefix("{brand}".count)
            guard placeholder == "{brand}" || placeholder == "{BRAND}" else {
                guard braces == .free else { return nil }
                let next = rest.utf8.index(after: brace)
                parts.append(.text(String(rest[..<next])))
                rest = rest[next...]
                continue
            }
            if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
            parts.append(placeholder == "{brand}" ? .brand : .variable)
            rest = rest[placeholder.endIndex...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
    }

    /// Whether the text depends on the brand's name.
    var isVariable: Bool { parts.contains { if case .text = $0 { false } else { true } } }
    var hasLowerCaseBrand: Bool { parts.contains { if case .brand = $0 { true } else { false } } }

    func expanded(for brandName: String) -> String {
        let texts = parts.map { part in
            switch part {
            case .text(let text): text
            case .brand: brandName
            case .variable: VariableName.part(for: brandName)
            }
        }
        // `joined` reserves the exact capacity: 10,000 texts that grow would take twice the memory.
        return texts.count == 1 ? texts[0] : texts.joined()
    }
}
