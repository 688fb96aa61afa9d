// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// Every file that the configuration names, to find conflicting uses of one path.
struct PathClaims {
    enum Use {
        case configuration
        /// Only read: a secret or a certificate. Any number of brands may share it.
        case input
        /// Written by a run.
        case output
    }

    private var uses: [String: (use: Use, mark: Mark)] = [:]

    mutating func reserveCapacity(_ count: Int) { uses.reserveCapacity(count) }

    /// Registers a use of a resolved path.
    /// - Returns: the earlier use, if the two conflict.
    @discardableResult
    mutating func note(_ path: String, as use: Use, at mark: Mark) -> (use: Use, mark: Mark)? {
        guard let earlier = uses.insert((use, mark), unlessPresent: path) else { return nil }
        return use == .output || earlier.use == .output ? earlier : nil
    }
}

extension Dictionary {
    /// Inserts a value if the key has none, with one look-up.
    /// - Returns: the value that the key already had, which stays; nil if it had none.
    mutating func insert(_ value: Value, unlessPresent key: Key) -> Value? {
        let before = count
        let held = { (held: inout Value) in held }(&self[key, default: value])
        return count == before ? held : nil
    }
}
