// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// The stores that outputs have named so far, with their keys.
struct TokenStoreRegister {
    private(set) var stores: [TokenStore] = []
    /// Where each store was first named, in the order of ``stores``.
    private(set) var marks: [Mark] = []
    private var places: [TokenStore.Address: Int] = [:]
    /// Where each key was named, by store.
    private var keys: [[String: Mark]] = []

    enum Fault: Error {
        /// With the position of the other output.
        case keyTaken(Mark)
        case otherLabels(Mark)
    }

    /// Registers a key of a store for a brand's token.
    mutating func add(
        brand: Int, _ address: TokenStore.Address, labels: [String: String], key: String, at mark: Mark
    ) throws(Fault) {
        guard let place = places[address] else {
            places[address] = stores.count
            stores.append(
                TokenStore(address: address, labels: labels, entries: [TokenStore.Entry(brand: brand, key: key)]))
            marks.append(mark)
            keys.append([key: mark])
            return
        }
        guard stores[place].labels == labels else { throw .otherLabels(marks[place]) }
        if let other = keys[place].updateValue(mark, forKey: key) { throw .keyTaken(other) }
        stores[place].entries.append(TokenStore.Entry(brand: brand, key: key))
    }
}
