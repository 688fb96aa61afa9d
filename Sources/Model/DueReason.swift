// SPDX-License-Identifier: Apache-2.0

/// Why a brand needs a new token. Words are made of it only where somebody reads them: a run may have ten thousand.
package enum DueReason: Sendable, Equatable {
    case forced
    case noOutput
    /// Nothing that reads as a token stands at the brand's output of this number, from 0.
    case absent(output: Int32, Absence)
    case outputsDisagree
    case foreignToken
    case issuedInFuture
    case endUnknown
    case ended
    /// Seconds that the token has left, and up to which it is renewed.
    case endsSoon(left: Int32, threshold: Int32)
    /// A file is to be written again, which would make an opaque token look new.
    case notAsConfigured
}

/// Why no token can be read at an output.
package enum Absence: Sendable {
    case missing, unreadable, cut, unassigned, refused
    /// Whoever has it may have made it up.
    case planted
    /// The process may not read the file, or the disk failed.
    case closed

    /// What goes on from the output's path.
    package var words: String {
        switch self {
        case .missing: "is missing"
        case .unreadable: "holds no readable token"
        case .cut: "holds a token that was cut"
        case .unassigned: "holds no token for the brand"
        case .refused: "is refused"
        case .planted: "belongs to another user, who may have put it there"
        case .closed: "cannot be read by this user"
        }
    }
}

extension DueReason {
    /// For people.
    /// - Parameter outputs: the paths of the brand's outputs.
    package func words(_ outputs: some Collection<String>) -> String {
        switch self {
        case .forced: "--force"
        case .noOutput: "no output"
        case .absent(let output, let absence): "\(outputs.dropFirst(Int(output)).first ?? "an output") \(absence.words)"
        case .outputsDisagree: "the outputs hold different tokens"
        case .foreignToken: "the token names another Client-Id"
        case .issuedInFuture: "the token was issued in the future"
        case .endUnknown: "the token does not tell its end"
        case .ended: "the token ended"
        case .endsSoon(let left, let threshold):
            "the token ends in \(DurationText.render(.seconds(left))), at most "
                + "\(DurationText.render(.seconds(threshold))) is renewed"
        case .notAsConfigured: "a file is not as configured"
        }
    }
}
