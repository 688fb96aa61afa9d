// SPDX-License-Identifier: Apache-2.0
// The module Publishing: it reads, renders and replaces the files that carry tokens, and drives shared destinations.

internal import DurableFiles
package import Model

/// Writes tokens to their files.
package struct Publication: Sendable {
    package let directories: OutputDirectories
    package let accounts: Accounts

    package init(directories: OutputDirectories, accounts: Accounts) {
        self.directories = directories
        self.accounts = accounts
    }

    /// Writes one of a brand's own files.
    /// - Parameter previous: the previous content of the file.
    package func publish(
        _ token: Token, of brand: Brand, to output: TokenOutput, over previous: PreviousOutput, barrier: WriteBarrier?
    ) -> OutputOutcome {
        if let known = previous.fingerprint, known == PreviousOutput.fingerprint(token) {
            return OutputOutcome(path: output.path, kind: .unchanged)
        }
        guard let contents = output.format.contents(of: token, brand: brand.name, clientID: brand.clientID) else {
            return OutputOutcome(
                path: output.path, kind: .failed,
                message: "the format of \(output.path) cannot carry this token unchanged; choose another one")
        }
        return write(
            contents, to: output.path, output.attributes, output.symlinks, isNew: previous.isNothing, barrier: barrier)
    }

    /// Writes a file.
    /// - Parameters:
    ///   - isNew: whether there was no file.
    ///   - barrier: passed before the file changes.
    func write(
        _ contents: [UInt8], to path: String, _ attributes: FileAttributes, _ symlinks: SymlinkPolicy, isNew: Bool,
        barrier: WriteBarrier?
    ) -> OutputOutcome {
        let resolved: PublishedAttributes
        do throws(BrandFailure) {
            resolved = try accounts.resolve(attributes)
        } catch {
            return OutputOutcome(path: path, kind: .failed, message: error.message)
        }
        barrier?.pass()
        do throws(FileError) {
            try directories.publish(contents, to: path, attributes: resolved, symlinks: symlinks, isNew: isNew)
            return OutputOutcome(path: path, kind: .written)
        } catch {
            let failure = BrandFailure(.outputNotWritten, error)
            return OutputOutcome(path: path, kind: .failed, message: failure.message, code: failure.code)
        }
    }
}

/// The state of an output before the run, as far as publishing needs it.
package struct PreviousOutput: Sendable {
    /// The fingerprint of its token, if the file is as configured. The same token is not written again.
    package let fingerprint: Int?
    package let health: TokenHealth

    package init(fingerprint: Int?, health: TokenHealth) {
        self.fingerprint = fingerprint
        self.health = health
    }

    var isNothing: Bool { fingerprint == nil && health == .unusable }

    /// Distinguishes the tokens within one run.
    package static func fingerprint(_ token: Token) -> Int { token.text.hashValue }
}
