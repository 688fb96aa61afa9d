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
    package var keys: [String] { known.keys.map(\.description) }

    var known: KnownKeys {
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

    // Stored, since an array literal in `known` would be built anew for each of ten thousand brands.
    private static let configurationKeys: KnownKeys = [
        .endpoint, .runEvery, .deadline, .splay, .concurrency, .connections, .connectTimeout, .requestTimeout,
        .attempts, .verifyResponse, .tls, .proxy, .defaults, .brands, .snippets, .hooks, .stateDir, .report,
    ]
    private static let tlsKeys: KnownKeys = [.caFile, .caDirectory]
    private static let settings: [ConfigurationKey] = [.secret, .validTime, .renewBefore, .outputs]
    private static let defaultsKeys = KnownKeys(settings)
    private static let brandKeys = KnownKeys([.name, .clientID] + settings)
    private static let secretKeys: KnownKeys = [.file, .env, .credential, .command, .value, .timeout]
    private static let attributes: [ConfigurationKey] = [.mode, .owner, .group, .symlink]
    private static let outputKeys = KnownKeys(
        [.file, .format, .newline, .dialect, .variable] + attributes + [.kubernetesSecret])
    private static let kubernetesSecretKeys: KnownKeys = [.namespace, .name, .key, .labels]
    private static let snippetKeys = KnownKeys([.file, .dialect, .variable, .brands] + attributes)
    private static let hookKeys: KnownKeys = [.name, .run, .when, .brands, .timeout]
    private static let reportKeys: KnownKeys = [
        .metricsFile, .pushgateway, .ping, .pingSummary, .terminationMessage,
    ]
}

/// The keys that one kind of mapping may hold.
struct KnownKeys: ExpressibleByArrayLiteral {
    let keys: [ConfigurationKey]
    /// One bit for each, by number.
    private let bits: UInt64

    init(_ keys: [ConfigurationKey]) {
        precondition(keys.allSatisfy { $0.rawValue < UInt64.bitWidth }, "more keys than bits")
        self.keys = keys
        bits = keys.reduce(0) { $0 | 1 << $1.rawValue }
    }

    init(arrayLiteral keys: ConfigurationKey...) {
        self.init(keys)
    }

    func contain(_ number: Int) -> Bool { bits & 1 << number != 0 }
}
