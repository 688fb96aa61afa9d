// SPDX-License-Identifier: Apache-2.0

/// A place outside the file system that keeps tokens of many brands, each under a key of its own, and is written in one
/// go: a Kubernetes Secret.
package struct TokenStore: Sendable, Equatable {
    package struct Address: Sendable, Hashable {
        /// nil for the one that the process itself belongs to.
        package let namespace: String?
        package let name: String

        package init(namespace: String?, name: String) {
            self.namespace = namespace
            self.name = name
        }
    }

    package struct Entry: Sendable, Equatable {
        /// Index into ``Configuration/brands``.
        package let brand: Int
        package let key: String

        package init(brand: Int, key: String) {
            self.brand = brand
            self.key = key
        }
    }

    package let address: Address
    package let labels: [String: String]
    /// In the order of the brands in the file; no two have one key.
    package var entries: [Entry]

    package init(address: Address, labels: [String: String], entries: [Entry]) {
        self.address = address
        self.labels = labels
        self.entries = entries
    }

    /// What a token is reckoned to take, in bytes: DOKU's are smaller.
    package static let expectedTokenSize = 1024
    /// What all values of a Secret together may take, in bytes (`MaxSecretSize` of the Kubernetes API).
    package static let maximumSize = 1024 * 1024

    /// What messages and reports call it.
    package var name: String { "kubernetes:" + (address.namespace.map { $0 + "/" } ?? "") + address.name }

    /// What they call one brand's place in it.
    package func path(of key: String) -> String { "\(name)/\(key)" }
}
