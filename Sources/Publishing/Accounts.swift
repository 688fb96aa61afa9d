// SPDX-License-Identifier: Apache-2.0

package import DurableFiles
package import Model
internal import Synchronization

/// Looks up each user and group once in a run.
package final class Accounts: Sendable {
    private typealias Resolution = Result<PublishedAttributes, BrandFailure>

    private struct Resolved: Sendable {
        var all: [FileAttributes: Resolution] = [:]
        /// The last result. Most files have the same attributes.
        var last: (attributes: FileAttributes, resolution: Resolution)?
    }

    private let resolved = Mutex(Resolved())

    package init() {}

    package func resolve(_ attributes: FileAttributes) throws(BrandFailure) -> PublishedAttributes {
        let known = resolved.withLock { resolved -> Resolution? in
            if resolved.last?.attributes == attributes { return resolved.last?.resolution }
            guard let resolution = resolved.all[attributes] else { return nil }
            resolved.last = (attributes, resolution)
            return resolution
        }
        if let known { return try known.get() }
        let resolution = Self.lookUp(attributes)
        resolved.withLock { $0.all[attributes] = resolution }
        return try resolution.get()
    }

    private static func lookUp(_ attributes: FileAttributes) -> Resolution {
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
