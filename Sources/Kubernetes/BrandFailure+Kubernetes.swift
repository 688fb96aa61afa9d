// SPDX-License-Identifier: Apache-2.0

package import Model

extension BrandFailure.Code {
    package static let storeNotConfigured = Self("store-not-configured", .permanent)
    package static let storeUnavailable = Self("store-unavailable", .transient)
    package static let storeUntrusted = Self("store-untrusted", .permanent)
    package static let storeUnauthorized = Self("store-unauthorized", .permanent)
    package static let storeForbidden = Self("store-forbidden", .permanent)
    package static let storeNotFound = Self("store-not-found", .permanent)
    package static let storeConflict = Self("store-conflict", .permanent)
    package static let storeChanged = Self("store-changed", .transient)
    package static let storeTooLarge = Self("store-too-large", .permanent)
    package static let storeRefused = Self("store-refused", .permanent)
    package static let storeResponse = Self("store-answer", .permanent)

    /// All of these.
    package static let kubernetes: [Self] = [
        .storeNotConfigured, .storeUnavailable, .storeUntrusted, .storeUnauthorized, .storeForbidden,
        .storeNotFound, .storeConflict, .storeChanged, .storeTooLarge, .storeRefused, .storeResponse,
    ]
}
