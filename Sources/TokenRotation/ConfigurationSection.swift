// SPDX-License-Identifier: Apache-2.0

/// The mappings of a configuration file, each with the keys that it may hold.
package enum ConfigurationSection: String, Sendable, CaseIterable {
    /// The file's outermost mapping.
    case configuration
    case tls
    case defaults
    /// An item of `brands`.
    case brand
    case secret
    /// An item of `outputs`.
    case output
    /// In an output.
    case kubernetesSecret
    /// An item of `snippets`.
    case snippet
    case report
    /// An item of `hooks`.
    case hook

    /// In the order in which the documentation lists them.
    package var keys: [String] {
        switch self {
        case .configuration: Self.configurationKeys
        case .tls: Self.tlsKeys
        case .defaults: Self.defaultsKeys
        case .brand: Self.brandKeys
        case .secret: Self.secretKeys
        case .output: Self.outputKeys
        case .kubernetesSecret: Self.kubernetesSecretKeys
        case .snippet: Self.snippetKeys
        case .report: Self.reportKeys
        case .hook: Self.hookKeys
        }
    }

    // Stored, since an array literal in `keys` would be built anew for each of ten thousand brands.
    private static let configurationKeys = [
        "endpoint", "run_every", "deadline", "splay", "concurrency", "connections", "connect_timeout",
        "request_timeout", "attempts", "verify_response", "tls", "proxy", "defaults", "brands", "snippets", "hooks",
        "state_dir", "report",
    ]
    private static let tlsKeys = ["ca_file", "ca_directory"]
    private static let defaultsKeys = ["secret", "valid_time", "renew_before", "outputs"]
    private static let brandKeys = ["name", "client_id"] + defaultsKeys
    private static let secretKeys = ["file", "env", "credential", "command", "value", "timeout"]
    private static let attributeKeys = ["mode", "owner", "group", "symlink"]
    private static let outputKeys =
        ["file", "format", "newline", "dialect", "variable"] + attributeKeys + ["kubernetes_secret"]
    private static let kubernetesSecretKeys = ["namespace", "name", "key", "labels"]
    private static let snippetKeys = ["file", "dialect", "variable", "brands"] + attributeKeys

    private static let hookKeys = ["name", "run", "when", "brands", "timeout"]
    private static let reportKeys = [
        "metrics_file", "pushgateway", "ping", "ping_summary", "termination_message",
    ]
}
