// SPDX-License-Identifier: Apache-2.0

/// The content of one of a brand's outputs, as read at the start of a run.
package struct OutputSnapshot: Sendable {
    package enum State: Sendable {
        /// The output is missing, or holds no usable token.
        case noToken(MissingTokenReason)
        case token(Token)
    }

    package let path: String
    /// The policy for a symbolic link at the path; nil if the output is not a file.
    package let symlinks: SymlinkPolicy?
    package let state: State
    /// Why the run will not write it: the program must not replace it, or cannot write to its directory.
    package var refusal: BrandFailure?
    /// Whether mode, owner and bytes are the same as if the token were published again.
    package let isAsConfigured: Bool
    /// When the file was last written; nil for a shared destination, which other brands' tokens rewrite too.
    package let writtenAt: Timestamp?
    /// How far this host's clock was behind the issuer's clock when it wrote the file. The expiry counts by the issuer's.
    ///
    /// It is positive if the token was issued after the file was written. It is zero within
    /// ``Timestamp/clockTolerance``, and if the file is newer than the token: it may be a copy. If the clock was
    /// corrected meanwhile, the token once seems older than it is, by the same amount.
    package let clockOffset: Duration

    package init(
        path: String, symlinks: SymlinkPolicy? = nil, state: State, refusal: BrandFailure? = nil,
        isAsConfigured: Bool = true, writtenAt: Timestamp? = nil, changedAt: Timestamp? = nil
    ) {
        self.path = path
        self.symlinks = symlinks
        self.state = state
        self.refusal = refusal
        self.isAsConfigured = isAsConfigured
        self.writtenAt = writtenAt
        if case .token(let token) = state, let time = writtenAt ?? changedAt {
            clockOffset = Self.clockOffset(of: token, writtenAt: time)
        } else {
            clockOffset = .zero
        }
    }

    /// The ``clockOffset`` of a token in a file that was written at this time.
    package static func clockOffset(of token: Token, writtenAt time: Timestamp) -> Duration {
        guard let offset = token.issuedAt?.since(time), offset > Timestamp.clockTolerance,
            offset <= .seconds(86_400)
        else { return .zero }
        return offset
    }
}
