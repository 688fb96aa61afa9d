// SPDX-License-Identifier: Apache-2.0
// The module Publishing: it reads, renders and replaces the files that carry tokens, and drives shared destinations.

internal import DurableFiles
package import Model

extension OutputDirectories {
    /// Reads one of a brand's own files.
    package func read(_ output: TokenOutput, of brand: Brand) -> OutputSnapshot {
        func without(_ absence: MissingTokenReason, _ refusal: BrandFailure? = nil) -> OutputSnapshot {
            OutputSnapshot(path: output.path, symlinks: output.symlinks, state: .noToken(absence), refusal: refusal)
        }
        let found: RegularFile?
        let attributes: PublishedAttributes
        do {
            attributes = try accounts.resolve(output.attributes)
            // The token and the text that the formats add.
            found = try inspect(output.path, maximumSize: 2 * Token.maximumSize, symlinks: output.symlinks)
        } catch let failure as BrandFailure {
            return without(.refused, failure)
        } catch let error as FileError where use == .reading && error.reason == .notPermitted {
            return without(.inaccessible)
        } catch let error as FileError {
            return without(error.reason == .hanging ? .inaccessible : .refused, BrandFailure(.outputRefused, error))
        } catch {
            return without(.refused, BrandFailure(.internal, "\(error)"))
        }
        guard let file = found else { return without(.missing) }
        guard !attributes.distrusts(file) else { return without(.untrustedOwner) }
        let contents: [UInt8]
        switch file.contents {
        case .bytes(let bytes): contents = bytes
        case .unreadable: return without(.inaccessible)
        case .oversized: return without(.unreadable)
        }
        guard let token = output.format.token(in: contents), token.looksLikeToken else { return without(.unreadable) }
        guard !token.isTruncated else { return without(.truncated) }
        return OutputSnapshot(
            path: output.path, symlinks: output.symlinks, state: .token(token),
            isAsConfigured: attributes.agree(with: file)
                && output.format.isExact(contents, of: token, brand: brand.name, clientID: brand.clientID),
            writtenAt: Timestamp(seconds: file.modifiedSeconds))
    }

    /// Writes one of a brand's own files.
    /// - Parameters:
    ///   - isNew: whether there was no file.
    ///   - barrier: passed before the file changes.
    package func publish(
        _ token: Token, of brand: Brand, to output: TokenOutput, isNew: Bool, barrier: WriteBarrier?
    ) -> OutputOutcome {
        guard let contents = output.format.contents(of: token, brand: brand.name, clientID: brand.clientID) else {
            return OutputOutcome(
                path: output.path, kind: .failed,
                message: "the format of \(output.path) cannot carry this token unchanged; choose another one")
        }
        return write(contents, to: output.path, output.attributes, output.symlinks, isNew: isNew, barrier: barrier)
    }

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
            try publish(contents, to: path, attributes: resolved, symlinks: symlinks, isNew: isNew)
            return OutputOutcome(path: path, kind: .written)
        } catch {
            let failure = BrandFailure(.outputNotWritten, error)
            return OutputOutcome(path: path, kind: .failed, message: failure.message, code: failure.code)
        }
    }
}

extension PublishedAttributes {
    /// Whether a file belongs to an untrusted user other than the configured owner.
    func distrusts(_ file: RegularFile) -> Bool { file.hasUntrustedOwner && file.owner != owner }

    /// Whether a file has these attributes. An owner or group that is not configured matches any.
    func agree(with file: RegularFile) -> Bool {
        file.mode == mode
            && (owner == nil || owner == file.owner) && (group == nil || group == file.group)
    }
}
