// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Synchronization

/// Looks users and groups up once a run.
final class Accounts: Sendable {
    private let resolved = Mutex<[FileAttributes: Result<PublishedAttributes, BrandFailure>]>([:])

    func resolve(_ attributes: FileAttributes) throws(BrandFailure) -> PublishedAttributes {
        if let known = resolved.withLock({ $0[attributes] }) { return try known.get() }
        let result = Self.lookUp(attributes)
        resolved.withLock { $0[attributes] = result }
        return try result.get()
    }

    private static func lookUp(_ attributes: FileAttributes) -> Result<PublishedAttributes, BrandFailure> {
        do throws(AccountError) {
            return .success(
                PublishedAttributes(
                    mode: attributes.mode,
                    owner: try attributes.owner.map { name throws(AccountError) in
                        try AccountNames.userIdentifier(of: name)
                    },
                    group: try attributes.group.map { name throws(AccountError) in
                        try AccountNames.groupIdentifier(of: name)
                    }))
        } catch {
            return .failure(BrandFailure(.accountUnknown, "\(error)"))
        }
    }
}
