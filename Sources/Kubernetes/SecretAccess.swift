// SPDX-License-Identifier: Apache-2.0

package import Model

/// How a run reaches the Secrets of its configuration.
package struct SecretAccess: Sendable {
    /// What is in a Secret.
    package struct Contents: Sendable {
        /// By key, of any manager.
        package var values: [String: [UInt8]] = [:]
        /// The keys that earlier runs have written and nobody has taken over: what the next write leaves out of these
        /// is gone.
        package var owned: Set<String> = []
        /// Whether its labels are those that writing it again would give.
        package var hasConfiguredLabels = false
        /// Stands for this very state; nil if there is no such Secret yet.
        package var version: String?

        package init() {}
    }

    /// Everything of ours that a Secret is to hold.
    package struct Write: Sendable {
        package let store: TokenStore
        /// By key.
        package let values: [String: [UInt8]]
        /// The state that this was made of.
        package let version: String?
        /// Whether the server only checks the write.
        package let isProbe: Bool

        package init(store: TokenStore, values: [String: [UInt8]], version: String?, isProbe: Bool) {
            self.store = store
            self.values = values
            self.version = version
            self.isProbe = isProbe
        }
    }

    package enum WriteResult: Sendable {
        /// The Secret holds it, as this version.
        case written(version: String?)
        /// Nothing was written, since another manager has these keys.
        case conflicts([String: BrandFailure])
        /// Nothing was written, since the Secret is no longer in the state that the write was made of.
        case changed
        case failed(BrandFailure)
    }

    package let read: @Sendable (TokenStore) -> Result<Contents, BrandFailure>
    package let write: @Sendable (Write) -> WriteResult

    package init(
        read: @escaping @Sendable (TokenStore) -> Result<Contents, BrandFailure>,
        write: @escaping @Sendable (Write) -> WriteResult
    ) {
        self.read = read
        self.write = write
    }
}
