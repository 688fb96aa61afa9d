// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Synchronization

/// Writes the stores that many brands share: once at the end, with every token in one write, and before that where the
/// end is long in coming. Calls exclude each other.
final class TokenStorePublisher: Sendable {
    private struct State: Sendable {
        var stores: [SurveyedStore]
        /// New tokens that the last call found.
        var count = 0
    }

    private let plan: RotationPlan
    private let configuration: Configuration
    private let rule: DueRule
    private let access: TokenStoreAccess
    private let ledger: Ledger
    private let firstWrite: FirstWrite?
    /// By index of the brand: its place in the plan.
    private let positions: [Int: Int]
    /// By index of the brand: the stores it is in, and its key in each.
    private let memberships: [Int: [(store: Int, key: String)]]
    private let state: Mutex<State>

    /// Writes of one store that came too late, each after another one's.
    private static let patience = 4

    init(
        plan: RotationPlan, configuration: Configuration, rule: DueRule, access: TokenStoreAccess, ledger: Ledger,
        firstWrite: FirstWrite?
    ) {
        self.plan = plan
        self.configuration = configuration
        self.rule = rule
        self.access = access
        self.ledger = ledger
        self.firstWrite = firstWrite
        positions =
            configuration.stores.isEmpty
            ? [:] : Dictionary(uniqueKeysWithValues: plan.brands.enumerated().map { ($1, $0) })
        memberships = configuration.placesInStores
        state = Mutex(State(stores: plan.stores))
    }

    /// Whether there is anything to write to at all.
    var isNeeded: Bool { !configuration.stores.isEmpty }

    /// What a brand with a new token waits for; nil where its token goes to no store.
    func awaited(_ work: RotationPlan.Work) -> Ledger.Awaited? {
        let brand = plan.brands[work.position]
        guard let entries = memberships[brand] else { return nil }
        var awaited = Ledger.Awaited(paths: [], health: .outlivesNextRun)
        for (index, key) in entries {
            let before = plan.stores[index].output(key)
            awaited.paths.insert(before.path)
            awaited.health = max(awaited.health, rule.health(of: before, brand: configuration.brands[brand]))
        }
        return awaited
    }

    /// Writes the tokens that have come so far.
    /// - Parameter isLast: whether no more come: what fails then has failed.
    func publish(isLast: Bool) {
        guard isNeeded else { return }
        state.withLock { state in
            let granted = ledger.newTokens
            guard isLast || granted.count != state.count else { return }
            state.count = granted.count
            var tokens: [Int: Token] = [:]
            for (position, token) in granted { tokens[plan.brands[position]] = token }
            // A store none of whose brands is in this run is not this run's.
            let own = configuration.stores.indices.filter { index in
                configuration.stores[index].entries.contains { positions[$0.brand] != nil }
            }
            let failures = write(own, tokens, &state.stores)
            for index in own { note(index, tokens, state.stores[index], failures[index], isLast) }
        }
    }

    /// Brings the stores to what they are to hold.
    /// - Returns: by index, what was in the way.
    private func write(
        _ indices: [Int], _ tokens: [Int: Token], _ stores: inout [SurveyedStore]
    ) -> [Int: BrandFailure] {
        var failures: [Int: BrandFailure] = [:]
        var open = indices
        for round in 1... {
            let writes = open.compactMap { index -> (Int, TokenStoreAccess.Write)? in
                let values = stores[index].values(granted: tokens)
                stores[index].refuseOverflow(values.mapValues(\.count))
                let refused = stores[index].refusals
                return stores[index].write(values.filter { refused[$0.key] == nil }).map { (index, $0) }
            }
            guard !writes.isEmpty else { return failures }
            firstWrite?.pass()
            var changed: [Int] = []
            open = []
            for ((index, write), result) in zip(writes, access.write(writes.map(\.1))) {
                switch result {
                case .written(let version):
                    stores[index].contents.values.merge(write.values) { $1 }
                    stores[index].contents.owned = Set(write.values.keys)
                    stores[index].contents.hasConfiguredLabels = true
                    stores[index].contents.version = version
                case .conflicts:
                    // The other brands' tokens are written without these.
                    stores[index].note(result, for: [])
                    open.append(index)
                case .changed: changed.append(index)
                case .failed(let failure): failures[index] = failure
                }
            }
            if round == Self.patience {
                for index in open + changed {
                    failures[index] = BrandFailure(
                        .storeChanged,
                        "\(configuration.stores[index].name) was changed by somebody else each time it was written")
                }
                return failures
            }
            for (index, result) in zip(changed, access.read(changed.map { configuration.stores[$0] })) {
                switch result {
                case .success(let contents): stores[index].contents = contents
                case .failure(let failure): failures[index] = failure
                }
                if failures[index] == nil { open.append(index) }
            }
        }
        return failures
    }

    /// Writes down what became of one store, for each of its brands.
    private func note(
        _ index: Int, _ tokens: [Int: Token], _ store: SurveyedStore, _ failure: BrandFailure?, _ isLast: Bool
    ) {
        let entries = configuration.stores[index].entries
        let hasTokens = entries.contains { tokens[$0.brand] != nil }
        for entry in entries {
            guard let position = positions[entry.brand] else { continue }
            let token = tokens[entry.brand]
            let path = configuration.stores[index].path(of: entry.key)
            var output = OutputOutcome(path: path, kind: .written)
            var reason = store.failure ?? store.refusals[entry.key]
            if reason != nil { output.kind = .refused }
            if reason == nil, let failure {
                reason = failure
                output.kind = .failed
            }
            if let reason {
                // A write that had no new token to bring is a failure of all whose tokens stand there.
                guard isLast, token != nil || (!hasTokens && output.kind == .failed) else { continue }
                output.message = reason.message
                output.code = reason.code
                // The write may have arrived all the same.
                if output.kind == .failed, reason.code == .storeUnavailable, token != nil { ledger.doubt(position) }
                let before = plan.stores[index].output(entry.key)
                ledger.note(
                    output, at: position,
                    health: rule.health(of: before, brand: configuration.brands[entry.brand]))
            } else if token != nil {
                ledger.note(output, at: position, health: .outlivesNextRun)
            }
        }
    }
}
