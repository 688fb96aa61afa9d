// SPDX-License-Identifier: Apache-2.0

/// Why a brand needs a new token. Its sentence is built only when it is printed: a run may have 10,000 of these.
package enum DueReason: Sendable, Equatable {
    case forced
    case noOutput
    /// The output with this index holds no readable token.
    case absent(output: Int32, Absence)
    case outputsDisagree
    case foreignToken
    case issuedInFuture
    case endUnknown
    case ended
    /// In seconds: the token's remaining time, and the threshold below which a token is renewed.
    case endsSoon(left: Int32, threshold: Int32)
    /// A file must be written again, which would make an opaque token look new.
    case notAsConfigured
}

/// Why an output has no token.
package enum Absence: Sendable {
    case missing, unreadable, cut, unassigned, refused
    /// Another user owns the file and may have made the token up.
    case planted
    /// The process may not read the file, or the disk failed.
    case closed

    /// The end of a sentence that begins with the output's path.
    package var words: String {
        switch self {
        case .missing: "is missing"
        case .unreadable: "holds no readable token"
        case .cut: "holds a truncated token"
        case .unassigned: "holds no token for the brand"
        case .refused: "is refused"
        case .planted: "belongs to another user, so its token is not trusted"
        case .closed: "cannot be read by this user"
        }
    }
}

extension DueReason {
    /// The reason as a sentence for people.
    /// - Parameter outputs: the paths of the brand's outputs.
    package func words(_ outputs: some Collection<String>) -> String {
        switch self {
        case .forced: "--force"
        case .noOutput: "no output"
        case .absent(let output, let absence): "\(outputs.dropFirst(Int(output)).first ?? "an output") \(absence.words)"
        case .outputsDisagree: "the outputs hold different tokens"
        case .foreignToken: "the token names another Client-Id"
        case .issuedInFuture: "the token was issued in the future"
        case .endUnknown: "the token has no expiry time"
        case .ended: "the token has expired"
        case .endsSoon(let left, let threshold):
            "the token expires in \(DurationText.render(.seconds(left))); "
                + "renewal threshold is \(DurationText.render(.seconds(threshold)))"
        case .notAsConfigured: "a file is not as configured"
        }
    }
}
