// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// The stores that outputs have named so far, each with what it holds.
struct TokenStoreRegister {
    private(set) var stores: [TokenStore] = []
    /// Where each was first named, in their order.
    private(set) var marks: [Mark] = []
    private var places: [TokenStore.Address: Int] = [:]
    /// By store: where each key was named.
    private var keys: [[String: Mark]] = []

    enum Fault: Error {
        /// The mark is the other output's.
        case keyTaken(Mark)
        case otherLabels(Mark)
    }

    /// Notes that a brand's token goes under a key of a store.
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
