// SPDX-License-Identifier: Apache-2.0

internal import Model

struct SecretAccess: Sendable {
    struct Contents: Sendable {
        /// By key; includes the keys of other managers.
        var values: [String: [UInt8]] = [:]
        /// The keys that earlier runs wrote and still own. The next write removes those that it does not contain.
        var owned: Set<String> = []
        var hasConfiguredLabels = false
        /// The resource version; nil if the Secret does not exist yet.
        var version: String?
    }

    /// All values that this program owns in a Secret.
    struct Write: Sendable {
        let destination: DestinationSettings
        /// By key.
        let values: [String: [UInt8]]
        /// The version that this write is based on.
        let version: String?
        /// Whether the server only checks the write (dry run).
        let isProbe: Bool
    }

    enum WriteResult: Sendable {
        /// The Secret has the values, with this version.
        case written(version: String?)
        /// Nothing was written, because other managers own these keys.
        case conflicts([String: BrandFailure])
        /// Nothing was written, because the Secret's version has changed.
        case changed
        case failed(BrandFailure)
    }

    let read: @Sendable (DestinationSettings) -> Result<Contents, BrandFailure>
    let write: @Sendable (Write) -> WriteResult
}
