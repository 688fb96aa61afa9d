// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A store as it stands.
struct SurveyedStore: Sendable {
    private let store: TokenStore
    var contents = TokenStoreAccess.Contents()
    /// Why it could not be read: nothing is written over what is not known.
    var failure: BrandFailure?
    /// Why some of its keys are not to be written.
    var refusals: [String: BrandFailure] = [:]

    init(_ store: TokenStore, _ result: Result<TokenStoreAccess.Contents, BrandFailure>) {
        self.store = store
        switch result {
        case .success(let contents): self.contents = contents
        case .failure(let failure): self.failure = failure
        }
    }

    /// What stands under one key.
    func output(_ key: String) -> SurveyedOutput {
        let state: SurveyedOutput.State
        if failure != nil {
            state = .noToken(.closed)
        } else if let value = contents.values[key] {
            if let token = Token.published(value) {
                state = .token(token)
            } else {
                state = .noToken(Token(value)?.wasCut == true ? .cut : .unreadable)
            }
        } else {
            state = .noToken(.missing)
        }
        return SurveyedOutput(path: store.path(of: key), state: state, refusal: failure ?? refusals[key])
    }

    /// Those of all its brands.
    var tokens: [Token] {
        store.entries.compactMap { entry in
            if case .token(let token) = output(entry.key).state { token } else { nil }
        }
    }

    /// What the store is to hold of ours: new tokens, and whatever we have under the key of every other brand, for what
    /// is left out is gone. A key that somebody else wrote is theirs until there is a new token for it.
    /// - Parameter granted: new tokens by index of the brand.
    func values(granted: [Int: Token]) -> [String: [UInt8]] {
        var values: [String: [UInt8]] = [:]
        for entry in store.entries where refusals[entry.key] == nil {
            if let token = granted[entry.brand] {
                values[entry.key] = Array(token.text.utf8)
            } else if contents.owned.contains(entry.key), let value = contents.values[entry.key] {
                values[entry.key] = value
            }
        }
        return values
    }

    /// The write that gives the store these values; nil where it has them, and nothing of ours besides.
    func write(_ values: [String: [UInt8]]) -> TokenStoreAccess.Write? {
        guard failure == nil, !values.isEmpty else { return nil }
        let isThere =
            contents.hasConfiguredLabels && contents.owned == Set(values.keys)
            && values.allSatisfy { contents.values[$0.key] == $0.value }
        return isThere ? nil : write(values, isRehearsal: false)
    }

    /// Refuses keys that are not there yet as far as there is no room for them: those that are keep their place.
    /// - Parameter sizes: by key, in bytes, of what is to be written.
    mutating func refuseOverflow(_ sizes: [String: Int]) {
        let keys = Set(store.entries.map(\.key))
        var size = contents.values.reduce(0) { size, value in
            // What was ours and is configured no more goes with the next write.
            keys.contains(value.key) || !contents.owned.contains(value.key)
                ? size + (sizes[value.key] ?? value.value.count) : size
        }
        for entry in store.entries where contents.values[entry.key] == nil && refusals[entry.key] == nil {
            guard let more = sizes[entry.key] else { continue }
            if size + more > TokenStore.maximumSize {
                refusals[entry.key] = BrandFailure(
                    .storeTooLarge,
                    "\(store.name): with the key \(entry.key) it would be larger than a Secret may be (1 MiB): spread "
                        + "the brands over several")
            } else {
                size += more
            }
        }
    }

    /// Asks whether new tokens could be written under these keys.
    func rehearsal(of keys: Set<String>) -> TokenStoreAccess.Write {
        var values = values(granted: [:])
        // Another value than any that may stand there: the same one would be no conflict.
        for key in keys { values[key] = Array("rehearsal".utf8) }
        return write(values, isRehearsal: true)
    }

    private func write(_ values: [String: [UInt8]], isRehearsal: Bool) -> TokenStoreAccess.Write {
        TokenStoreAccess.Write(store: store, values: values, version: contents.version, isRehearsal: isRehearsal)
    }

    /// Notes what a rehearsal, or a write that did not take place, said of keys that were to be written.
    mutating func note(_ result: TokenStoreAccess.WriteResult, for keys: Set<String>) {
        switch result {
        case .written, .changed: break
        case .conflicts(let conflicts): refusals.merge(conflicts) { $1 }
        case .failed(let failure): for key in keys { refusals[key] = refusals[key] ?? failure }
        }
    }
}
