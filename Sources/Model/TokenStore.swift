// SPDX-License-Identifier: Apache-2.0

/// A destination outside the file system that holds the tokens of many brands under one key each, and is written as a
/// whole: a Kubernetes Secret.
package struct TokenStore: Sendable, Equatable {
    package struct Address: Sendable, Hashable {
        /// nil for the namespace of the process.
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
    /// In the order of the configuration's brands; every key is unique.
    package var entries: [Entry]

    package init(address: Address, labels: [String: String], entries: [Entry]) {
        self.address = address
        self.labels = labels
        self.entries = entries
    }

    /// The assumed size of a token, in bytes; DOKU's tokens are smaller.
    package static let expectedTokenSize = 1024
    /// The size limit of all values of a Secret together, in bytes (`MaxSecretSize` of the Kubernetes API).
    package static let maximumSize = 1024 * 1024

    /// The name in messages and reports.
    package var name: String { "kubernetes:" + (address.namespace.map { $0 + "/" } ?? "") + address.name }

    /// The name of one brand's key in messages and reports.
    package func path(of key: String) -> String { "\(name)/\(key)" }
}
