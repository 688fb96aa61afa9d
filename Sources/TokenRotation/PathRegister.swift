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

    /// Notes a use of a resolved path. A use that cannot stand beside an earlier one is returned with it.
    @discardableResult
    mutating func note(_ path: String, as use: Use, at mark: Mark) -> (use: Use, mark: Mark)? {
        guard let earlier = uses[path] else {
            uses[path] = (use, mark)
            return nil
        }
        return use == .output || earlier.use == .output ? earlier : nil
    }
}
