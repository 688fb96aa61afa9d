// SPDX-License-Identifier: Apache-2.0

internal import Model

/// The API server's reasons for a rejection (`meta/v1 Status`). Only words from its own vocabulary are kept, because
/// its sentences may quote the request.
struct APIStatus {
    struct Conflict {
        /// `.data.KEY`.
        let field: String
        /// The manager of the field: at most 64 visible ASCII characters.
        let manager: String
    }

    /// Fields that another manager owns.
    private(set) var conflicts: [Conflict] = []
    /// Why other fields are rejected: `FieldValueTooLong`, `FieldValueInvalid`.
    private(set) var causes: [String] = []
    /// One word, such as `AlreadyExists`; nil if there is none of that form.
    let reason: String?

    init(_ body: [UInt8]) {
        let status = JSON(body)
        reason = status?["reason"]?.string.flatMap(Self.word)
        for cause in status?["details"]?["causes"]?.array ?? [] {
            let reason = cause["reason"]?.string
            if reason == "FieldManagerConflict" {
                let manager = Self.manager(cause["message"]?.string ?? "")
                conflicts.append(Conflict(field: cause["field"]?.string ?? "", manager: manager))
            } else if let word = reason.flatMap(Self.word) {
                causes.append(word)
            }
        }
    }

    private static func word(_ text: String) -> String? {
        let isWord =
            (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a }
        return isWord ? text : nil
    }

    /// The NAME in `conflict with "NAME" using v1`.
    private static func manager(_ message: String) -> String {
        let parts = message.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return "another client" }
        let name = parts[1].unicodeScalars.prefix(64).map { (0x21...0x7e).contains($0.value) ? Character($0) : "?" }
        return name.isEmpty ? "another client" : String(name)
    }
}
