// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model

/// Reads the published files of a run.
package struct OutputReader: Sendable {
    package let directories: OutputDirectories
    package let accounts: Accounts

    package init(directories: OutputDirectories, accounts: Accounts) {
        self.directories = directories
        self.accounts = accounts
    }

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
            found = try directories.inspect(
                output.path, maximumSize: 2 * Token.maximumSize, symlinks: output.symlinks)
        } catch let failure as BrandFailure {
            return without(.refused, failure)
        } catch let error as FileError where directories.use == .reading && error.reason == .notPermitted {
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
