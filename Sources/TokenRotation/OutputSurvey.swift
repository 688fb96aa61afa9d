// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model

/// What stands at one place where a brand's token is published.
package struct SurveyedOutput: Sendable {
    package enum State: Sendable {
        /// Nothing is there, or nothing that reads as a token.
        case noToken(Absence)
        case token(Token)
    }

    package let path: String
    /// What is done about a symbolic link there; nil where the place is no file.
    let symlinks: SymlinkPolicy?
    package let state: State
    /// Why nothing will be written there: what stands at the path is not ours to replace, or its directory is closed.
    package var refusal: BrandFailure?
    /// Whether mode, owner and bytes are those that publishing the same token again would give.
    package let isAsConfigured: Bool
    /// When the file was last written; nil for a snippet, which other brands' tokens rewrite as well.
    package let writtenAt: Timestamp?
    /// How far this host's clock was behind when it wrote the file: a token that is younger than its file was issued by
    /// another clock, which is the one that its end counts by. Zero within the doubt that is had about any clock, and
    /// where the file is the younger one: it may have been copied.
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
        clockOffset = Self.clockOffset(of: state, writtenAt: writtenAt ?? changedAt)
    }

    private static func clockOffset(of state: State, writtenAt time: Timestamp?) -> Duration {
        guard case .token(let token) = state, let time else { return .zero }
        return clockOffset(of: token, writtenAt: time)
    }

    /// How far behind a token says that the clock was which saw it written; zero as ``clockOffset`` says.
    static func clockOffset(of token: Token, writtenAt time: Timestamp) -> Duration {
        guard let offset = token.issuedAt?.since(time), offset > Timestamp.clockDoubt,
            offset <= .seconds(86_400)
        else { return .zero }
        return offset
    }
}

/// A snippet's file as it stands.
struct SurveyedSnippet: Sendable {
    /// By variable.
    var tokens: [String: Token] = [:]
    /// Tokens that name their Client-Id, by it, under whatever variable and in whatever dialect: those that are kept
    /// when a snippet's variables or dialect change.
    var tokensByClientID: [String: Token] = [:]
    var refusal: BrandFailure?
    /// Whether it could not be read.
    var isClosed = false
    var changedAt: Timestamp?
    var contents: [UInt8]?
    var hasConfiguredAttributes = false
}

extension SurveyedSnippet {
    fileprivate mutating func readTokens(of snippet: Snippet, in contents: [UInt8]) {
        for (variable, value) in snippet.dialect.assignments(in: contents) {
            if let token = Token.published(value) { tokens[variable] = token }
        }
        guard snippet.entries.contains(where: { tokens[$0.variable] == nil }) else { return }
        for dialect in EnvironmentDialect.allCases {
            for value in dialect.assignments(in: contents).values {
                guard let token = Token(value), !token.wasCut, let clientID = token.clientID else { continue }
                tokensByClientID[clientID] = token
            }
        }
    }

    /// The last good token of a brand: under its variable, or under another one if it names the brand. Never one that
    /// names another brand.
    func lastGood(_ entry: Snippet.Entry, clientID: String) -> Token? {
        if let token = tokens[entry.variable], token.clientID ?? clientID == clientID { return token }
        return tokensByClientID[clientID]
    }
}

/// Reads the published files of a run, and knows where each is written.
package struct OutputSurvey: Sendable {
    let directories: OutputDirectories
    private let accounts: Accounts

    /// In bytes, of a file with some thousand tokens.
    private static let largestSnippet = 4 << 20

    init(directories: OutputDirectories, accounts: Accounts) {
        self.directories = directories
        self.accounts = accounts
    }

    /// The state of one brand's own file.
    func survey(_ output: TokenOutput, brand: Brand) -> SurveyedOutput {
        func without(_ absence: Absence, _ refusal: BrandFailure? = nil) -> SurveyedOutput {
            SurveyedOutput(path: output.path, symlinks: output.symlinks, state: .noToken(absence), refusal: refusal)
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
        return SurveyedOutput(
            path: output.path, symlinks: output.symlinks, state: .token(token),
            isAsConfigured: attributes.agree(with: file)
                && output.format.isExact(contents, of: token, brand: brand.name, clientID: brand.clientID),
            writtenAt: Timestamp(seconds: file.modifiedSeconds))
    }

    /// The state of a file that many brands share.
    func survey(_ snippet: Snippet) -> SurveyedSnippet {
        var surveyed = SurveyedSnippet()
        do {
            let attributes = try accounts.resolve(snippet.attributes)
            let state = try directories.inspect(
                snippet.path,
                // As many brands as there are, and as there may have been.
                maximumSize: Self.largestSnippet + snippet.entries.count * 2 * Token.maximumSize,
                symlinks: snippet.symlinks)
            guard case .regular(let file) = state else { return surveyed }
            // What another user put there is as good as nothing.
            guard !attributes.distrusts(file) else { return surveyed }
            guard case .bytes(let contents) = file.contents else {
                surveyed.isClosed = true
                // To write it anew would lose the tokens in it.
                surveyed.refusal = BrandFailure(
                    .outputRefused,
                    "\(snippet.path): the file cannot be read, or is too large; make it readable, or remove it")
                return surveyed
            }
            surveyed.contents = contents
            surveyed.changedAt = Timestamp(seconds: file.modifiedSeconds)
            surveyed.hasConfiguredAttributes = attributes.agree(with: file)
            surveyed.readTokens(of: snippet, in: contents)
        } catch let failure as BrandFailure {
            surveyed.refusal = failure
        } catch let error as FileError {
            surveyed.isClosed =
                error.reason == .hanging || (directories.use == .reading && error.reason == .notPermitted)
            surveyed.refusal = BrandFailure(.outputRefused, error)
        } catch {
            surveyed.refusal = BrandFailure(.internal, "\(error)")
        }
        return surveyed
    }
}

extension PublishedAttributes {
    /// Whether a file is another user's than those who publish it.
    func distrusts(_ file: RegularFile) -> Bool { file.mayBePlanted && file.owner != owner }

    /// Whether a file has these; an owner or group that is not configured may be any.
    func agree(with file: RegularFile) -> Bool {
        file.mode == mode
            && (owner == nil || owner == file.owner) && (group == nil || group == file.group)
    }
}
