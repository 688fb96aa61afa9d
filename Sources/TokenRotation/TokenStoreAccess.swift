// SPDX-License-Identifier: Apache-2.0

package import Model

/// How a run reaches the stores of its configuration. The domain speaks to none itself: whoever starts the run brings
/// the way there.
package struct TokenStoreAccess: Sendable {
    /// What stands in a store.
    package struct Contents: Sendable {
        /// By key, of whomever.
        package var values: [String: [UInt8]] = [:]
        /// The keys that earlier runs have written and nobody has taken over: what the next write leaves out of these
        /// is gone.
        package var owned: Set<String> = []
        /// Whether its labels are those that writing it again would give.
        package var hasConfiguredLabels = false
        /// Stands for this very state; nil where there is no such store yet.
        package var version: String?

        package init() {}
    }

    /// Everything of ours that a store is to hold.
    package struct Write: Sendable {
        package let store: TokenStore
        /// By key.
        package let values: [String: [UInt8]]
        /// The state that this was made of.
        package let version: String?
        /// Whether to do what a write does before it is seen, and leave it at that.
        package let isRehearsal: Bool
    }

    package enum WriteResult: Sendable {
        /// The store holds it, as this version.
        case written(version: String?)
        /// Nothing was written, since somebody else has these keys.
        case conflicts([String: BrandFailure])
        /// Nothing was written, since the store is no longer in the state that the write was made of.
        case changed
        case failed(BrandFailure)
    }

    /// Reads many stores side by side: a result for each, in their order.
    package let read: @Sendable ([TokenStore]) -> [Result<Contents, BrandFailure>]
    /// Writes many stores side by side: a result for each, in their order.
    package let write: @Sendable ([Write]) -> [WriteResult]

    package init(
        read: @escaping @Sendable ([TokenStore]) -> [Result<Contents, BrandFailure>],
        write: @escaping @Sendable ([Write]) -> [WriteResult]
    ) {
        self.read = read
        self.write = write
    }

    /// Makes the access of one run, which ends at the instant given, or when it is stopped.
    package typealias Maker =
        @Sendable (_ configuration: Configuration, _ stop: StopRequest, _ end: ContinuousClock.Instant) ->
        TokenStoreAccess

    /// Where nobody brings one.
    package static let none: Maker = { _, _, _ in
        let failure = BrandFailure(.storeNotConfigured, "this program cannot reach any")
        return TokenStoreAccess(
            read: { $0.map { _ in .failure(failure) } }, write: { $0.map { _ in .failed(failure) } })
    }
}
