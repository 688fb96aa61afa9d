// SPDX-License-Identifier: Apache-2.0

internal import Model

extension BrandSurvey {
    /// Reads the stores of the brands of a run; of those that no brand of it has, nothing is known.
    static func read(
        _ configuration: Configuration, _ selection: Selection, _ access: TokenStoreAccess
    ) -> [SurveyedStore] {
        guard !configuration.stores.isEmpty else { return [] }
        let chosen = Set(selection.brands)
        let wanted = configuration.stores.indices.filter { index in
            configuration.stores[index].entries.contains { chosen.contains($0.brand) }
        }
        var surveyed = configuration.stores.map { SurveyedStore($0, .success(TokenStoreAccess.Contents())) }
        for (index, result) in zip(wanted, access.read(wanted.map { configuration.stores[$0] })) {
            surveyed[index] = SurveyedStore(configuration.stores[index], result)
        }
        return surveyed
    }

    /// Asks of the stores whether new tokens could be written for brands that need one, so that none is requested in
    /// vain.
    /// - Returns: the survey with what they said.
    func rehearsed(
        _ selection: Selection, _ access: TokenStoreAccess,
        needsWork: @escaping @Sendable (Brand, _ outputs: [SurveyedOutput]) -> Bool
    ) -> BrandSurvey {
        guard !configuration.stores.isEmpty else { return self }
        var stores = stores
        let brands = selection.brands.filter { !storeEntries(of: $0).isEmpty }
        var keys: [Int: Set<String>] = [:]
        for (index, needsWork) in zip(brands, judgements(of: brands) { needsWork($1, $2) }) where needsWork {
            for (store, key) in storeEntries(of: index) where stores[store].failure == nil {
                keys[store, default: []].insert(key)
            }
        }
        for (store, wanted) in keys {
            stores[store].refuseOverflow(
                Dictionary(uniqueKeysWithValues: wanted.map { ($0, TokenStore.expectedTokenSize) }))
            keys[store] = wanted.subtracting(stores[store].refusals.keys)
        }
        let asked = keys.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        guard !asked.isEmpty else { return BrandSurvey(self, stores: stores) }
        let writes = asked.map { stores[$0.key].rehearsal(of: $0.value) }
        for ((store, keys), result) in zip(asked, access.write(writes)) { stores[store].note(result, for: keys) }
        return BrandSurvey(self, stores: stores)
    }
}
