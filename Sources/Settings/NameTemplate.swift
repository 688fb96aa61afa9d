// SPDX-License-Identifier: Apache-2.0

/// A text with places for a brand's name: `{brand}` as it is, `{BRAND}` as part of a variable's name.
struct NameTemplate: Sendable, Equatable {
    /// What braces may hold.
    enum Braces {
        /// Only the two placeholders; any other brace is a mistake.
        case placeholdersOnly
        /// Other braces are text, as in the arguments of a command.
        case free
    }

    private struct Placeholder: Sendable, Equatable {
        let isUpperCased: Bool
        /// What stands between it and the next one.
        var following = ""
    }

    /// What stands before the first placeholder: all of it where there is none.
    private var start = ""
    private var placeholders: [Placeholder] = []

    /// nil where a brace stands that `braces` does not allow.
    init?(_ text: String, braces: Braces = .placeholdersOnly) {
        guard Self.hasBrace(text.utf8.span) else {
            start = text
            return
        }
        var rest = text[...]
        while let brace = rest.utf8.firstIndex(where: Self.isBrace) {
            append(rest[..<brace])
            rest = rest[brace...]
            let isUpperCased = rest.utf8.starts(with: "{BRAND}".utf8)
            if isUpperCased || rest.utf8.starts(with: "{brand}".utf8) {
                placeholders.append(Placeholder(isUpperCased: isUpperCased))
                rest = Substring(rest.utf8.dropFirst("{brand}".utf8.count))
            } else {
                guard braces == .free else { return nil }
                append(rest.prefix(1))
                rest = rest.dropFirst()
            }
        }
        append(rest)
    }

    private mutating func append(_ literal: Substring) {
        if placeholders.isEmpty {
            start += literal
        } else {
            placeholders[placeholders.count - 1].following += literal
        }
    }

    private static func hasBrace(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where isBrace(bytes[index]) { return true }
        return false
    }

    private static func isBrace(_ byte: UInt8) -> Bool { byte == 0x7B || byte == 0x7D }

    /// Whether a brand's name goes in at all.
    var isVariable: Bool { !placeholders.isEmpty }
    var hasLowerCaseBrand: Bool { placeholders.contains { !$0.isUpperCased } }

    func expanded(for brandName: String) -> String {
        if placeholders.isEmpty { return start }
        var text = ""
        // Just as much as it needs: ten thousand texts that grew would take twice that.
        text.reserveCapacity(
            placeholders.reduce(start.utf8.count) { $0 + brandName.utf8.count + $1.following.utf8.count })
        text += start
        for placeholder in placeholders {
            text += placeholder.isUpperCased ? VariableName.part(for: brandName) : brandName
            text += placeholder.following
        }
        return text
    }
}
