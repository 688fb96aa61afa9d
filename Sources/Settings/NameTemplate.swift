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

    /// Plain text, or a placeholder.
    private struct Part {
        /// nil for a placeholder.
        var literal: String?
        var isUpperCased = false
    }

    private var parts: [Part] = []

    /// nil if the text has a brace that `braces` does not allow.
    init?(_ text: String, braces: Braces = .placeholdersOnly) {
        // Most texts have no placeholder, and this is faster than the loop below.
        guard text.utf8.contains(0x7B) || text.utf8.contains(0x7D) else {
            parts = [Part(literal: text)]
            return
        }
        var rest = text[...]
        while let brace = rest.utf8.firstIndex(where: { $0 == 0x7B || $0 == 0x7D }) {
            let placeholder = rest[brace...].prefix("{brand}".count)
            guard placeholder == "{brand}" || placeholder == "{BRAND}" else {
                guard braces == .free else { return nil }
                let next = rest.utf8.index(after: brace)
                parts.append(Part(literal: String(rest[..<next])))
                rest = rest[next...]
                continue
            }
            if brace > rest.startIndex { parts.append(Part(literal: String(rest[..<brace]))) }
            parts.append(Part(isUpperCased: placeholder == "{BRAND}"))
            rest = rest[placeholder.endIndex...]
        }
        if !rest.isEmpty { parts.append(Part(literal: String(rest))) }
    }

    /// Whether the text depends on the brand's name.
    var isVariable: Bool { parts.contains { $0.literal == nil } }
    var hasLowerCaseBrand: Bool { parts.contains { $0.literal == nil && !$0.isUpperCased } }

    func expanded(for brandName: String) -> String {
        if parts.count == 1, let text = parts[0].literal { return text }
        var text = ""
        // The exact capacity: 10,000 texts that grow would take twice the memory.
        text.reserveCapacity(parts.reduce(0) { $0 + ($1.literal ?? brandName).utf8.count })
        for part in parts {
            text += part.literal ?? (part.isUpperCased ? VariableName.part(for: brandName) : brandName)
        }
        return text
    }
}
