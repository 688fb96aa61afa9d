// SPDX-License-Identifier: Apache-2.0

/// What was read at one place where a brand's token is published.
package struct OutputSnapshot: Sendable {
    package enum State: Sendable {
        /// Nothing is there, or nothing that reads as a token.
        case noToken(MissingTokenReason)
        case token(Token)
    }

    package let path: String
    /// What is done about a symbolic link there; nil if the place is not a file.
    package let symlinks: SymlinkPolicy?
    package let state: State
    /// Why nothing will be written there: what is at the path is not ours to replace, or its directory is closed.
    package var refusal: BrandFailure?
    /// Whether mode, owner and bytes are those that publishing the same token again would give.
    package let isAsConfigured: Bool
    /// When the file was last written; nil for a shared place, which other brands' tokens rewrite as well.
    package let writtenAt: Timestamp?
    /// How far this host's clock was behind when it wrote the file: a token that is younger than its file was issued by
    /// another clock, which is the one that its expiry counts by. Zero within ``Timestamp/clockTolerance``, and if the
    /// file is the younger one: it may have been copied.
    ///
    /// A clock that was set right meanwhile makes the token seem older than it is by as much, once.
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

    /// How far behind a token says the clock was that saw it written; zero as ``clockOffset`` says.
    package static func clockOffset(of token: Token, writtenAt time: Timestamp) -> Duration {
        guard let offset = token.issuedAt?.since(time), offset > Timestamp.clockTolerance,
            offset <= .seconds(86_400)
        else { return .zero }
        return offset
    }
}
