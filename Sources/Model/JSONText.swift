// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Pieces of JSON documents that are written by hand, since a whole one would not fit into memory beside its source.
package enum JSONText {
    /// A string with its quotes.
    package static func quoted(_ text: String) -> String {
        // Most are plain words and paths; the encoder takes a while for each.
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }) { return "\"\(text)\"" }
        // A string alone always encodes.
        guard let data = try? encoder.encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()
}
