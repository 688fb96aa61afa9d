// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Synchronization

/// A Secret that holds the tokens of many brands, one key each.
final class SecretDestination: SharedDestination {
    private struct State: Sendable {
        var contents = SecretAccess.Contents()
        /// Why it could not be read. An unknown state is not overwritten.
        var failure: BrandFailure?
        var refusals: [String: BrandFailure] = [:]
    }

    private let destination: DestinationSettings
    private let access: SecretAccess
    private let state = Mutex(State())
    /// The tokens that were read or are to be written, by text.
    private let published = Mutex<[String: Token]>([:])

    /// Attempts to write after another client changed the Secret.
    private static let patience = 4

    init(_ destination: DestinationSettings, access: SecretAccess) {
        self.destination = destination
        self.access = access
    }

    private var entries: [DestinationSettings.Entry] { destination.entries }

    var kind: String { "kubernetes-secret" }
    var name: String { destination.name }
    var brands: [String] { entries.map(\.brand) }
    /// A write is a request, and every watcher of the Secret is notified.
    var interval: Duration { .seconds(5) }
    var isReplacedWhole: Bool { false }
    var probesWrites: Bool { true }
    var failure: BrandFailure? { state.withLock { $0.failure } }
    var isAsConfigured: Bool {
        state.withLock { $0.contents.version == nil || $0.contents.hasConfiguredLabels }
    }

    /// Not from ``state``: a write holds that while the API server hangs, and a stopped run must not wait for it.
    var tokensNotInFiles: [Token] { published.withLock { Array($0.values) } }

    private func note(_ tokens: some Collection<Token>) {
        published.withLock { published in
            for token in tokens { published[token.text] = token }
        }
    }

    // MARK: Reading

    func read() {
        let result = access.read(destination)
        let tokens = state.withLock { state -> [Token] in
            switch result {
            case .success(let contents): state.contents = contents
            case .failure(let failure): state.failure = failure
            }
            return entries.compactMap { entry in
                if case .token(let token) = snapshot(entry.key, state).state { token } else { nil }
            }
        }
        note(tokens)
    }

    func snapshots(of brand: Brand) -> [OutputSnapshot] {
        state.withLock { state in
            entries.filter { $0.brand == brand.name }.map { snapshot($0.key, state) }
        }
    }

    private func snapshot(_ key: String, _ state: State) -> OutputSnapshot {
        let found: OutputSnapshot.State
        if state.failure != nil {
            found = .noToken(.inaccessible)
        } else if let value = state.contents.values[key] {
            if let token = Token.published(value) {
                found = .token(token)
            } else {
                found = .noToken(Token(value)?.isTruncated == true ? .truncated : .unreadable)
            }
        } else {
            found = .noToken(.missing)
        }
        return OutputSnapshot(
            path: destination.path(of: key), state: found, refusal: state.failure ?? state.refusals[key])
    }

    // MARK: Probing

    func probeWrite(for brands: Set<String>) {
        state.withLock { state in
            guard state.failure == nil else { return }
            let wanted = Set(entries.lazy.filter { brands.contains($0.brand) }.map(\.key))
            refuseOverflow(Dictionary(uniqueKeysWithValues: wanted.map { ($0, Token.expectedSize) }), &state)
            let keys = wanted.subtracting(state.refusals.keys)
            guard !keys.isEmpty else { return }
            var values = values([:], state)
            // A value that no key has yet: writing the same value would not be a conflict.
            for key in keys { values[key] = Array("probe".utf8) }
            switch access.write(write(values, state, isProbe: true)) {
            case .written, .changed: break
            case .conflicts(let conflicts): state.refusals.merge(conflicts) { $1 }
            case .failed(let failure): for key in keys { state.refusals[key] = state.refusals[key] ?? failure }
            }
        }
    }

    /// Refuses new keys that do not fit. Existing keys keep their place.
    /// - Parameter sizes: the sizes of the values to write, in bytes, by key.
    private func refuseOverflow(_ sizes: [String: Int], _ state: inout State) {
        let keys = Set(entries.map(\.key))
        var size = state.contents.values.reduce(0) { size, value in
            // Values of this program that are no longer configured are removed by the next write.
            keys.contains(value.key) || !state.contents.owned.contains(value.key)
                ? size + (sizes[value.key] ?? value.value.count) : size
        }
        for entry in entries where state.contents.values[entry.key] == nil && state.refusals[entry.key] == nil {
            guard let more = sizes[entry.key] else { continue }
            if size + more > destination.capacity ?? .max {
                state.refusals[entry.key] = BrandFailure(
                    .storeTooLarge,
                    "\(destination.name): with the key \(entry.key) it would exceed a Secret's size limit (1 MiB): spread "
                        + "the brands over several Secrets")
            } else {
                size += more
            }
        }
    }

    // MARK: Writing

    func write(_ tokens: [String: Token], isLast: Bool, barrier: WriteBarrier?) -> [PlaceOutcome]? {
        note(tokens.values)
        return state.withLock { state in
            let failure = writeSecret(tokens, barrier, &state)
            return outcomes(tokens, failure, isLast, state)
        }
    }

    /// The values that the Secret is to hold: new tokens, and the current value of every other brand's key. The write
    /// removes the keys that it does not contain. Another manager's key stays until there is a new token for it.
    private func values(_ tokens: [String: Token], _ state: State) -> [String: [UInt8]] {
        var values: [String: [UInt8]] = [:]
        for entry in entries where state.refusals[entry.key] == nil {
            if let token = tokens[entry.brand] {
                values[entry.key] = Array(token.text.utf8)
            } else if state.contents.owned.contains(entry.key), let value = state.contents.values[entry.key] {
                values[entry.key] = value
            }
        }
        return values
    }

    private func write(_ values: [String: [UInt8]], _ state: State, isProbe: Bool) -> SecretAccess.Write {
        SecretAccess.Write(destination: destination, values: values, version: state.contents.version, isProbe: isProbe)
    }

    /// The write that sets these values; nil if the Secret already has them and no other value of this program.
    private func pendingWrite(_ values: [String: [UInt8]], _ state: State) -> SecretAccess.Write? {
        guard state.failure == nil, !values.isEmpty else { return nil }
        let isThere =
            state.contents.hasConfiguredLabels && state.contents.owned == Set(values.keys)
            && values.allSatisfy { state.contents.values[$0.key] == $0.value }
        return isThere ? nil : write(values, state, isProbe: false)
    }

    /// Writes the values of this program to the Secret.
    /// - Returns: why it failed; nil if it succeeded.
    private func writeSecret(
        _ tokens: [String: Token], _ barrier: WriteBarrier?, _ state: inout State
    ) -> BrandFailure? {
        for _ in 0..<Self.patience {
            let values = values(tokens, state)
            refuseOverflow(values.mapValues(\.count), &state)
            let refusals = state.refusals
            guard let write = pendingWrite(values.filter { refusals[$0.key] == nil }, state) else { return nil }
            barrier?.pass()
            switch access.write(write) {
            case .written(let version):
                state.contents.values.merge(write.values) { $1 }
                state.contents.owned = Set(write.values.keys)
                state.contents.hasConfiguredLabels = true
                state.contents.version = version
                return nil
            // The tokens of the other brands are written without these keys.
            case .conflicts(let conflicts): state.refusals.merge(conflicts) { $1 }
            case .changed:
                switch access.read(destination) {
                case .success(let contents): state.contents = contents
                case .failure(let failure): return failure
                }
            case .failed(let failure): return failure
            }
        }
        return BrandFailure(
            .storeChanged, "\(destination.name) was changed by another client each time it was written")
    }

    private func outcomes(
        _ tokens: [String: Token], _ failure: BrandFailure?, _ isLast: Bool, _ state: State
    ) -> [PlaceOutcome] {
        let hasTokens = entries.contains { tokens[$0.brand] != nil }
        return entries.compactMap { entry in
            let isNew = tokens[entry.brand] != nil
            let refusal = state.failure ?? state.refusals[entry.key]
            guard let reason = refusal ?? failure else {
                guard isNew else { return nil }
                return PlaceOutcome(
                    brand: entry.brand, output: OutputOutcome(path: destination.path(of: entry.key), kind: .written))
            }
            // If a write without new tokens fails, all brands of the Secret fail.
            guard isLast, isNew || (!hasTokens && refusal == nil) else { return nil }
            let output = OutputOutcome(
                path: destination.path(of: entry.key), kind: refusal == nil ? .failed : .refused,
                message: reason.message,
                code: reason.code)
            let mayHaveArrived = refusal == nil && reason.code == .storeUnavailable && isNew
            return PlaceOutcome(brand: entry.brand, output: output, mayHaveArrived: mayHaveArrived)
        }
    }
}
