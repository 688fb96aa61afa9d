// SPDX-License-Identifier: Apache-2.0

/// How a word of a table is shown where colours can be (ECMA-48, Select Graphic Rendition).
package enum TextStyle: String, Sendable {
    case good = "32"
    case doubtful = "33"
    case bad = "31"

    func applied(to text: String) -> String { "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" }
}

extension BrandOutcome {
    var style: TextStyle? {
        switch kind {
        case .fresh, .due: nil
        case .rotated, .repaired: .good
        case .shortLived, .unfinished: .doubtful
        case .failed: .bad
        }
    }
}

extension TokenCheck.State {
    var style: TextStyle {
        switch self {
        case .ok: .good
        case .warning, .unknown: .doubtful
        case .critical: .bad
        }
    }
}
