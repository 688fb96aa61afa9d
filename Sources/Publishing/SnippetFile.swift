// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import Synchronization

/// An environment file that holds the tokens of many brands.
package final class SnippetFile: SharedDestination {
    private struct State: Sendable {
        /// By variable.
        var tokens: [String: Token] = [:]
        /// By the client ID that they name, under any variable and in any dialect: both may have changed.
        var tokensByClientID: [String: Token] = [:]
        var refusal: BrandFailure?
        var isInaccessible = false
        var changedAt: Timestamp?
        var contents: [UInt8]?
        var hasConfiguredAttributes = false
        /// The outcome of the last write. It is also the outcome of later calls that change nothing.
        var written: OutputOutcome?
    }

    private let snippet: Snippet
    private let variables: [String: String]
    private let directories: OutputDirectories
    /// Why the file is refused, because another path is the same file.
    private let collision: BrandFailure?
    private let state: Mutex<State>

    /// In bytes. Enough for a few thousand tokens.
    private static let largest = 4 << 20

    package init(_ snippet: Snippet, in directories: OutputDirectories, collision: BrandFailure?) {
        self.snippet = snippet
        self.directories = directories
        self.collision = collision
        variables = Dictionary(snippet.entries.map { ($0.brand.name, $0.variable) }) { first, _ in first }
        // If the disk does not respond, this stays.
        let hanging = BrandFailure(.outputRefused, FileError.hanging(snippet.path))
        state = Mutex(State(refusal: hanging, isInaccessible: true))
    }

    package var kind: String { "output" }
    package var name: String { snippet.path }
    package var brands: [String] { snippet.entries.map(\.brand.name) }
    package var interval: Duration { .seconds(1) }
    package var failure: BrandFailure? { state.withLock { $0.refusal } }
    package var isAsConfigured: Bool { state.withLock { $0.contents == nil || $0.hasConfiguredAttributes } }

    /// The tokens that ``read()`` found.
    package var tokens: [Token] { state.withLock { Array($0.tokens.values) } }

    // MARK: Reading

    package func read() {
        var found = readFile()
        found.refusal = found.refusal ?? collision
        state.withLock { [found] in $0 = found }
    }

    private func readFile() -> State {
        var state = State()
        do {
            let attributes = try directories.accounts.resolve(snippet.attributes)
            let file = try directories.inspect(
                snippet.path,
                // Room for the configured brands and as many earlier ones.
                maximumSize: Self.largest + snippet.entries.count * 2 * Token.maximumSize, symlinks: snippet.symlinks)
            guard let file else { return state }
            // A file of an untrusted user is ignored.
            guard !attributes.distrusts(file) else { return state }
            guard case .bytes(let contents) = file.contents else {
                state.isInaccessible = true
                // Replacing the file would lose its tokens.
                state.refusal = BrandFailure(
                    .outputRefused,
                    "\(snippet.path): the file cannot be read, or is too large; make it readable, or remove it")
                return state
            }
            state.contents = contents
            state.changedAt = Timestamp(seconds: file.modifiedSeconds)
            state.hasConfiguredAttributes = attributes.agree(with: file)
            readTokens(in: contents, &state)
        } catch let failure as BrandFailure {
            state.refusal = failure
        } catch let error as FileError {
            state.isInaccessible =
                error.reason == .hanging || (directories.use == .reading && error.reason == .notPermitted)
            state.refusal = BrandFailure(.outputRefused, error)
        } catch {
            state.refusal = BrandFailure(.internal, "\(error)")
        }
        return state
    }

    private func readTokens(in contents: [UInt8], _ state: inout State) {
        for (variable, value) in snippet.dialect.assignments(in: contents) {
            if let token = Token.published(value) { state.tokens[variable] = token }
        }
        guard snippet.entries.contains(where: { state.tokens[$0.variable] == nil }) else { return }
        for dialect in EnvironmentDialect.allCases {
            for value in dialect.assignments(in: contents).values {
                guard let token = Token(value), !token.isTruncated, let clientID = token.clientID else { continue }
                state.tokensByClientID[clientID] = token
            }
        }
    }

    package func snapshots(of brand: Brand) -> [OutputSnapshot] {
        guard let variable = variables[brand.name] else { return [] }
        return state.withLock { state in
            [
                OutputSnapshot(
                    path: snippet.path, symlinks: snippet.symlinks,
                    state: state.tokens[variable].map(OutputSnapshot.State.token)
                        ?? .noToken(state.isInaccessible ? .inaccessible : .unassigned),
                    refusal: state.refusal, changedAt: state.changedAt)
            ]
        }
    }

    // MARK: Writing

    package func write(_ tokens: [String: Token], isLast: Bool, barrier: WriteBarrier?) -> [PlaceOutcome]? {
        state.withLock { state in
            var unrepresentable: Set<String> = []
            var file = write(tokens, barrier, &unrepresentable, &state)
            switch file.kind {
            case .written: state.written = file
            case .unchanged: file = state.written ?? file
            // The next call may succeed.
            case .failed where !isLast: return nil
            case .failed, .due, .refused, .durabilityUnknown: break
            }
            return snippet.entries.map { entry in
                var output = file
                if unrepresentable.contains(entry.brand.name) {
                    output.kind = .failed
                    output.message =
                        "the dialect of \(snippet.path) cannot carry this token unchanged; choose another one"
                }
                return PlaceOutcome(brand: entry.brand.name, output: output)
            }
        }
    }

    private func write(
        _ tokens: [String: Token], _ barrier: WriteBarrier?, _ unrepresentable: inout Set<String>, _ state: inout State
    ) -> OutputOutcome {
        if let refusal = state.refusal {
            return OutputOutcome(path: snippet.path, kind: .refused, message: refusal.message, code: refusal.code)
        }
        var lines = ""
        for entry in snippet.entries {
            let old = Self.lastGood(entry, state)
            guard let token = tokens[entry.brand.name] ?? old else { continue }
            if let line = snippet.dialect.assignment(entry.variable, token.text) {
                lines += "\(line)\n"
                continue
            }
            unrepresentable.insert(entry.brand.name)
            // The last good token stays until the dialect can carry a new one.
            if let line = old.flatMap({ snippet.dialect.assignment(entry.variable, $0.text) }) { lines += "\(line)\n" }
        }
        let contents = Array(lines.utf8)
        // For its readers an empty file would mean that there are no tokens.
        guard !contents.isEmpty, contents != state.contents || !state.hasConfiguredAttributes else {
            return OutputOutcome(path: snippet.path, kind: .unchanged)
        }
        let outcome = directories.write(
            contents, to: snippet.path, snippet.attributes, snippet.symlinks, isNew: false, barrier: barrier)
        if outcome.kind == .written {
            state.contents = contents
            state.hasConfiguredAttributes = true
        }
        return outcome
    }

    /// The last good token of a brand: under its variable, or under another one if the token names the brand. A token
    /// that names another brand is never used.
    private static func lastGood(_ entry: Snippet.Entry, _ state: State) -> Token? {
        let clientID = entry.brand.clientID
        if let token = state.tokens[entry.variable], token.clientID ?? clientID == clientID { return token }
        return state.tokensByClientID[clientID]
    }
}
