// SPDX-License-Identifier: Apache-2.0

package import DurableFiles
package import Model
internal import Synchronization

/// Looks up each user and group once in a run.
package final class Accounts: Sendable {
    private let resolved = Mutex<[FileAttributes: Result<PublishedAttributes, BrandFailure>]>([:])

    package func resolve(_ attributes: FileAttributes) throws(BrandFailure) -> PublishedAttributes {
        if let known = resolved.withLock({ $0[attributes] }) { return try known.get() }
        let result = Result { () throws(BrandFailure) in try Self.lookUp(attributes) }
        resolved.withLock { $0[attributes] = result }
        return try result.get()
    }

    private static func lookUp(_ attributes: FileAttributes) throws(BrandFailure) -> PublishedAttributes {
        do throws(AccountError) {
            return PublishedAttributes(
                mode: attributes.mode, owner: try attributes.owner.map(AccountNames.userIdentifier),
                group: try attributes.group.map(AccountNames.groupIdentifier))
        } catch {
            throw BrandFailure(.accountUnknown, "\(error)")
        }
    }
}
