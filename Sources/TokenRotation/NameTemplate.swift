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

    private enum Piece: Sendable, Equatable {
        case text(String)
        case brand
        case upperCasedBrand
    }

    private let pieces: [Piece]

    /// nil where a brace stands that `braces` does not allow.
    init?(_ text: String, braces: Braces = .placeholdersOnly) {
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let brace = rest.utf8.firstIndex(where: { $0 == 0x7B || $0 == 0x7D }) {
            literal += rest[..<brace]
            rest = rest[brace...]
            if rest.utf8.starts(with: "{brand}".utf8) || rest.utf8.starts(with: "{BRAND}".utf8) {
                let isLowerCase = rest.utf8.starts(with: "{brand}".utf8)
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(isLowerCase ? .brand : .upperCasedBrand)
                rest = Substring(rest.utf8.dropFirst("{brand}".utf8.count))
            } else {
                guard braces == .free else { return nil }
                literal += rest.prefix(1)
                rest = rest.dropFirst()
            }
        }
        literal += rest
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.text(literal)) }
        self.pieces = pieces
    }

    /// Whether a brand's name goes in at all.
    var isVariable: Bool { pieces.contains { $0 == .brand || $0 == .upperCasedBrand } }
    var hasLowerCaseBrand: Bool { pieces.contains(.brand) }

    func expanded(for brandName: String) -> String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        let parts = pieces.map { piece in
            switch piece {
            case .text(let literal): literal
            case .brand: brandName
            case .upperCasedBrand: VariableName.part(for: brandName)
            }
        }
        var text = ""
        // Just as much as it needs: ten thousand texts that grew would take twice that.
        text.reserveCapacity(parts.reduce(0) { $0 + $1.utf8.count })
        for part in parts { text += part }
        return text
    }
}
