// SPDX-License-Identifier: Apache-2.0

internal import Model

/// Every key that a mapping of a configuration file may hold. The raw value is the key in the file.
enum ConfigurationKey: String, CustomStringConvertible {
    case endpoint, deadline, splay, concurrency, connections, attempts, proxy, tls, defaults, brands, snippets, hooks
    case secret, outputs, name, file, env, credential, command, value, timeout, mode, owner, group, symlink, format
    case newline, dialect, variable, namespace, key, labels, run, when, report, pushgateway, ping
    /// A comment: its value is not read.
    case comment = "description"
    case runEvery = "run_every"
    case connectTimeout = "connect_timeout"
    case requestTimeout = "request_timeout"
    case verifyResponse = "verify_response"
    case caFile = "ca_file"
    case caDirectory = "ca_directory"
    case stateDir = "state_dir"
    case clientID = "client_id"
    case validTime = "valid_time"
    case renewBefore = "renew_before"
    case kubernetesSecret = "kubernetes_secret"
    case metricsFile = "metrics_file"
    case pingSummary = "ping_summary"
    case terminationMessage = "termination_message"

    var description: String { rawValue }
}

/// A key at the top of the file that sets one value. ``Configuration`` has its default.
struct ScalarKey: Sendable {
    let key: ConfigurationKey
    /// Reads the key into the configuration.
    /// - Returns: false if the value is invalid. The problem was noted.
    let read: @Sendable (inout ConfigurationReader, Field, inout Configuration) -> Bool

    private init<Value>(
        _ key: ConfigurationKey, _ place: any WritableKeyPath<Configuration, Value> & Sendable,
        _ parse: @escaping @Sendable (inout ConfigurationReader, Field) -> Value?
    ) {
        self.key = key
        read = { reader, field, configuration in
            guard let value = parse(&reader, field) else { return false }
            configuration[keyPath: place] = value
            return true
        }
    }

    private static let hour = Duration.seconds(3600)
    private static let requestTimes = Duration.milliseconds(100)...(.seconds(300))

    static let all = [
        ScalarKey(.runEvery, \.runEvery) { $0.duration($1, within: .seconds(60)...hour * 24 * 30) },
        ScalarKey(.deadline, \.deadline) { $0.duration($1, within: .seconds(5)...hour) },
        ScalarKey(.splay, \.splay) { $0.duration($1, within: .zero...hour) },
        ScalarKey(.concurrency, \.concurrency) { $0.integer($1, within: 1...1024) },
        ScalarKey(.connections, \.connections) { $0.integer($1, within: 1...256) },
        ScalarKey(.connectTimeout, \.connectTimeout) { $0.duration($1, within: requestTimes) },
        ScalarKey(.requestTimeout, \.requestTimeout) { $0.duration($1, within: requestTimes) },
        ScalarKey(.attempts, \.attempts) { $0.integer($1, within: 1...10) },
        ScalarKey(.verifyResponse, \.responseVerification) { $0.choice($1, enabled: .require) },
        ScalarKey(.proxy, \.proxy) { $0.url($1, ServerURL.proxy) },
    ]
}

/// The mappings of a configuration file, with the keys that each may hold.
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
    /// In an item of `outputs`.
    case kubernetesSecret
    /// An item of `snippets`.
    case snippet
    case report
    /// An item of `hooks`.
    case hook

    /// In the order of the documentation.
    package var keys: [String] { known.map(\.rawValue) }

    var known: [ConfigurationKey] {
        switch self {
        case .configuration:
            [.endpoint] + ScalarKey.all.map(\.key) + [.tls, .defaults, .brands, .snippets, .hooks, .stateDir, .report]
        case .tls: [.caFile, .caDirectory]
        case .defaults: [.secret, .validTime, .renewBefore, .outputs]
        case .brand: [.name, .clientID, .comment, .secret, .validTime, .renewBefore, .outputs]
        case .secret: [.file, .env, .credential, .command, .value, .timeout]
        case .output:
            [.file, .format, .newline, .dialect, .variable, .mode, .owner, .group, .symlink, .kubernetesSecret]
        case .kubernetesSecret: [.namespace, .name, .key, .labels]
        case .snippet: [.file, .dialect, .variable, .brands, .mode, .owner, .group, .symlink]
        case .report: [.metricsFile, .pushgateway, .ping, .pingSummary, .terminationMessage]
        case .hook: [.name, .run, .when, .brands, .timeout]
        }
    }

    /// The mapping, for messages.
    var title: String {
        switch self {
        case .configuration: "the file"
        case .tls, .defaults, .secret, .report: "`\(rawValue)`"
        case .kubernetesSecret: "`kubernetes_secret`"
        case .brand, .snippet, .hook: "a \(rawValue)"
        case .output: "an output"
        }
    }

    /// Where the mapping is, for messages.
    var place: String {
        switch self {
        case .configuration: "at the top of the file"
        case .brand, .output, .snippet, .hook: "in an item of `\(rawValue)s`"
        default: "in \(title)"
        }
    }
}
