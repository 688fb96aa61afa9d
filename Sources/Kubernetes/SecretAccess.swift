// SPDX-License-Identifier: Apache-2.0

package import Model

/// The operations of a run on its Secrets.
package struct SecretAccess: Sendable {
    /// The content of a Secret.
    package struct Contents: Sendable {
        /// By key; includes the keys of other managers.
        package var values: [String: [UInt8]] = [:]
        /// The keys that earlier runs wrote and still own. The next write removes those that it does not contain.
        package var owned: Set<String> = []
        /// Whether it has the configured labels.
        package var hasConfiguredLabels = false
        /// The resource version; nil if the Secret does not exist yet.
        package var version: String?

        package init() {}
    }

    /// All values that this program owns in a Secret.
    package struct Write: Sendable {
        package let destination: DestinationSettings
        /// By key.
        package let values: [String: [UInt8]]
        /// The version that this write is based on.
        package let version: String?
        /// Whether the server only checks the write (dry run).
        package let isProbe: Bool

        package init(destination: DestinationSettings, values: [String: [UInt8]], version: String?, isProbe: Bool) {
            self.destination = destination
            self.values = values
            self.version = version
            self.isProbe = isProbe
        }
    }

    package enum WriteResult: Sendable {
        /// The Secret has the values, with this version.
        case written(version: String?)
        /// Nothing was written, because other managers own these keys.
        case conflicts([String: BrandFailure])
        /// Nothing was written, because the Secret's version has changed.
        case changed
        case failed(BrandFailure)
    }

    package let read: @Sendable (DestinationSettings) -> Result<Contents, BrandFailure>
    package let write: @Sendable (Write) -> WriteResult

    package init(
        read: @escaping @Sendable (DestinationSettings) -> Result<Contents, BrandFailure>,
        write: @escaping @Sendable (Write) -> WriteResult
    ) {
        self.read = read
        self.write = write
    }
}
