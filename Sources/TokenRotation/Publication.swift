// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

/// Puts tokens where their readers look.
struct Publication: Sendable {
    let directories: OutputDirectories
    let accounts: Accounts
    /// Has to be passed before anything changes.
    var firstWrite: FirstWrite?

    /// Writes one of a brand's own files.
    /// - Parameter before: what stood there.
    func publish(_ token: Token, of brand: Brand, to output: TokenOutput, over before: PriorOutput) -> OutputOutcome {
        if let known = before.fingerprint, known == PriorOutput.fingerprint(token) {
            return OutputOutcome(path: output.path, kind: .unchanged)
        }
        guard let contents = output.format.contents(of: token, brand: brand.name, clientID: brand.clientID) else {
            return OutputOutcome(
                path: output.path, kind: .failed,
                message: "the format of \(output.path) cannot carry this token unchanged; choose another one")
        }
        return write(contents, output.path, output.attributes, output.symlinks, isNew: before.isNothing)
    }

    /// Writes a shared file: the new tokens, and the last good one of every brand that has none.
    ///
    /// - Parameter granted: new tokens by index of the brand.
    /// - Returns: what happened to the file, what it is to hold, and the brands whose new token the dialect cannot
    ///   carry.
    func publish(
        _ snippet: Snippet, of brands: [Brand], over before: SurveyedSnippet, granted: [Int: Token]
    ) -> (file: OutputOutcome, contents: [UInt8], uncarried: Set<Int>) {
        if let refusal = before.refusal {
            return (
                OutputOutcome(path: snippet.path, kind: .refused, message: refusal.message, code: refusal.code), [], []
            )
        }
        var lines = ""
        var uncarried: Set<Int> = []
        for entry in snippet.entries {
            let old = before.lastGood(entry, clientID: brands[entry.brand].clientID)
            guard let token = granted[entry.brand] ?? old else { continue }
            if let line = snippet.dialect.assignment(entry.variable, token.text) {
                lines += "\(line)\n"
            } else {
                uncarried.insert(entry.brand)
                // The last good token stays until one comes that the dialect can carry.
                if let line = old.flatMap({ snippet.dialect.assignment(entry.variable, $0.text) }) {
                    lines += "\(line)\n"
                }
            }
        }
        let contents = Array(lines.utf8)
        // An empty file would tell its readers that there are no tokens.
        guard !contents.isEmpty, contents != before.contents || !before.hasConfiguredAttributes else {
            return (OutputOutcome(path: snippet.path, kind: .unchanged), contents, uncarried)
        }
        return (write(contents, snippet.path, snippet.attributes, snippet.symlinks), contents, uncarried)
    }

    private func write(
        _ contents: [UInt8], _ path: String, _ attributes: FileAttributes, _ symlinks: SymlinkPolicy,
        isNew: Bool = false
    ) -> OutputOutcome {
        let resolved: PublishedAttributes
        do throws(BrandFailure) {
            resolved = try accounts.resolve(attributes)
        } catch {
            return OutputOutcome(path: path, kind: .failed, message: error.message)
        }
        firstWrite?.pass()
        do throws(FileError) {
            try directories.publish(contents, to: path, attributes: resolved, symlinks: symlinks, isNew: isNew)
            return OutputOutcome(path: path, kind: .written)
        } catch {
            let failure = BrandFailure(.outputNotWritten, error)
            return OutputOutcome(path: path, kind: .failed, message: failure.message, code: failure.code)
        }
    }
}
