// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model

/// What was read at one place where a brand's token is published.
package struct OutputSnapshot: Sendable {
    package enum State: Sendable {
        /// Nothing is there, or nothing that reads as a token.
        case noToken(Absence)
        case token(Token)
    }

    package let path: String
    /// What is done about a symbolic link there; nil if the place is not a file.
    let symlinks: SymlinkPolicy?
    package let state: State
    /// Why nothing will be written there: what is at the path is not ours to replace, or its directory is closed.
    package var refusal: BrandFailure?
    /// Whether mode, owner and bytes are those that publishing the same token again would give.
    package let isAsConfigured: Bool
    /// When the file was last written; nil for a shared place, which other brands' tokens rewrite as well.
    package let writtenAt: Timestamp?
    /// How far this host's clock was behind when it wrote the file: a token that is younger than its file was issued by
    /// another clock, which is the one that its expiry counts by. Zero within ``Timestamp/clockDoubt``, and if the
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
    static func clockOffset(of token: Token, writtenAt time: Timestamp) -> Duration {
        guard let offset = token.issuedAt?.since(time), offset > Timestamp.clockDoubt,
            offset <= .seconds(86_400)
        else { return .zero }
        return offset
    }
}

/// Reads the published files of a run.
package struct OutputReader: Sendable {
    let directories: OutputDirectories
    let accounts: Accounts

    init(directories: OutputDirectories, accounts: Accounts) {
        self.directories = directories
        self.accounts = accounts
    }

    /// The state of one brand's own file.
    func read(_ output: TokenOutput, of brand: Brand) -> OutputSnapshot {
        func without(_ absence: Absence, _ refusal: BrandFailure? = nil) -> OutputSnapshot {
            OutputSnapshot(path: output.path, symlinks: output.symlinks, state: .noToken(absence), refusal: refusal)
        }
        let state: FileState
        let attributes: PublishedAttributes
        do {
            attributes = try accounts.resolve(output.attributes)
            // The token, and what the formats put around it.
            state = try directories.inspect(
                output.path, maximumSize: 2 * Token.maximumSize, symlinks: output.symlinks)
        } catch let failure as BrandFailure {
            return without(.refused, failure)
        } catch let error as FileError where directories.use == .reading && error.reason == .notPermitted {
            return without(.closed)
        } catch let error as FileError {
            return without(error.reason == .hanging ? .closed : .refused, BrandFailure(.outputRefused, error))
        } catch {
            return without(.refused, BrandFailure(.internal, "\(error)"))
        }
        guard case .regular(let file) = state else { return without(.missing) }
        guard !attributes.distrusts(file) else { return without(.planted) }
        let contents: [UInt8]
        switch file.contents {
        case .bytes(let bytes): contents = bytes
        case .unreadable: return without(.closed)
        case .oversized: return without(.unreadable)
        }
        guard let token = output.format.token(in: contents), token.isCredible else { return without(.unreadable) }
        guard !token.wasCut else { return without(.cut) }
        return OutputSnapshot(
            path: output.path, symlinks: output.symlinks, state: .token(token),
            isAsConfigured: attributes.agree(with: file)
                && output.format.isExact(contents, of: token, brand: brand.name, clientID: brand.clientID),
            writtenAt: Timestamp(seconds: file.modifiedSeconds))
    }
}

extension PublishedAttributes {
    /// Whether a file belongs to a user other than those who publish it.
    func distrusts(_ file: RegularFile) -> Bool { file.mayBePlanted && file.owner != owner }

    /// Whether a file has these; an owner or group that is not configured may be any.
    func agree(with file: RegularFile) -> Bool {
        file.mode == mode
            && (owner == nil || owner == file.owner) && (group == nil || group == file.group)
    }
}
