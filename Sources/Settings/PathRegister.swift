// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// Every file that the configuration names, to find two uses that would destroy each other.
struct PathRegister {
    enum Use {
        case configuration
        /// Read only: a secret or a certificate. Any number of brands may share one.
        case input
        /// Written by a run.
        case output
    }

    private var uses: [String: (use: Use, mark: Mark)] = [:]

    mutating func reserveCapacity(_ count: Int) { uses.reserveCapacity(count) }

    /// Notes a use of a resolved path. A use that cannot stand beside an earlier one is returned with it.
    @discardableResult
    mutating func note(_ path: String, as use: Use, at mark: Mark) -> (use: Use, mark: Mark)? {
        guard let earlier = uses.insert((use, mark), unlessPresent: path) else { return nil }
        return use == .output || earlier.use == .output ? earlier : nil
    }
}

extension Dictionary {
    /// Puts a value under a key that has none, with one look-up.
    /// - Returns: the value that the key has already, which stays; nil where it had none.
    mutating func insert(_ value: Value, unlessPresent key: Key) -> Value? {
        let before = count
        let held = { (held: inout Value) in held }(&self[key, default: value])
        return count == before ? held : nil
    }
}
