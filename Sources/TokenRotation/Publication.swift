// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

/// Puts tokens where their readers look.
struct Publication: Sendable {
    let directories: OutputDirectories
    let accounts: Accounts

    /// Writes one of a brand's own files.
    /// - Parameter previous: what was there.
    func publish(
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
    ///   - isNew: whether nothing was there.
    ///   - barrier: passed before anything changes.
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

/// What was at an output before the run touched it, as far as publishing needs it.
struct PreviousOutput: Sendable {
    /// Of the token there, if the file is as configured: the same token need not be written again.
    let fingerprint: Int?
    let health: TokenHealth

    var isNothing: Bool { fingerprint == nil && health == .dead }

    /// Tells two tokens of one run apart.
    static func fingerprint(_ token: Token) -> Int { token.text.hashValue }
}
