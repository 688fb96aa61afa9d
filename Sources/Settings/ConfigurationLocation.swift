// SPDX-License-Identifier: Apache-2.0

/// Where the configuration is if the command line does not name it.
package struct ConfigurationLocation: Sendable {
    /// The directory that the shipped units and tables use.
    package static let system = "/etc/doku-token-rotator"
    /// The file's name in its directory.
    package static let fileName = "config.yaml"

    /// The directory for new configurations: ``system`` for root, else a user's own.
    package let directory: String
    private let chosen: String?

    /// - Parameters:
    ///   - chosen: `$DOKU_TOKEN_ROTATOR_CONFIG`.
    ///   - configurationHome: `$XDG_CONFIG_HOME`.
    ///   - home: `$HOME`.
    package init(isRoot: Bool, chosen: String?, configurationHome: String?, home: String?) {
        self.chosen = chosen
        // The XDG Base Directory Specification ignores relative paths.
        let own =
            configurationHome.flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? home.flatMap { $0.hasPrefix("/") ? "\($0)/.config" : nil }
        directory = isRoot ? Self.system : own.map { "\($0)/doku-token-rotator" } ?? Self.system
    }

    /// The path of the configuration. A user's own file is used if it exists, else the system's.
    package func path(exists: (String) -> Bool) -> String {
        if let chosen { return chosen }
        let own = "\(directory)/\(Self.fileName)"
        return exists(own) ? own : "\(Self.system)/\(Self.fileName)"
    }
}
