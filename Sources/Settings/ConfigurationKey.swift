// SPDX-License-Identifier: Apache-2.0

/// Every key that some mapping of a configuration file may hold; its raw value is the number that the YAML document
/// knows it by.
enum ConfigurationKey: Int, CaseIterable, CustomStringConvertible {
    case endpoint, runEvery, deadline, splay, concurrency, connections, connectTimeout, requestTimeout, attempts
    case verifyResponse, tls, proxy, defaults, brands, snippets, hooks, stateDir, report
    case caFile, caDirectory
    case secret, validTime, renewBefore, outputs
    case name, clientID
    case file, env, credential, command, value, timeout
    case mode, owner, group, symlink
    case format, newline, dialect, variable, kubernetesSecret
    case namespace, key, labels
    case run, when
    case metricsFile, pushgateway, ping, pingSummary, terminationMessage

    /// In the order of their numbers.
    static let names = allCases.map(\.description)

    /// As it stands in the file.
    var description: String {
        switch self {
        case .endpoint: "endpoint"
        case .runEvery: "run_every"
        case .deadline: "deadline"
        case .splay: "splay"
        case .concurrency: "concurrency"
        case .connections: "connections"
        case .connectTimeout: "connect_timeout"
        case .requestTimeout: "request_timeout"
        case .attempts: "attempts"
        case .verifyResponse: "verify_response"
        case .tls: "tls"
        case .proxy: "proxy"
        case .defaults: "defaults"
        case .brands: "brands"
        case .snippets: "snippets"
        case .hooks: "hooks"
        case .stateDir: "state_dir"
        case .report: "report"
        case .caFile: "ca_file"
        case .caDirectory: "ca_directory"
        case .secret: "secret"
        case .validTime: "valid_time"
        case .renewBefore: "renew_before"
        case .outputs: "outputs"
        case .name: "name"
        case .clientID: "client_id"
        case .file: "file"
        case .env: "env"
        case .credential: "credential"
        case .command: "command"
        case .value: "value"
        case .timeout: "timeout"
        case .mode: "mode"
        case .owner: "owner"
        case .group: "group"
        case .symlink: "symlink"
        case .format: "format"
        case .newline: "newline"
        case .dialect: "dialect"
        case .variable: "variable"
        case .kubernetesSecret: "kubernetes_secret"
        case .namespace: "namespace"
        case .key: "key"
        case .labels: "labels"
        case .run: "run"
        case .when: "when"
        case .metricsFile: "metrics_file"
        case .pushgateway: "pushgateway"
        case .ping: "ping"
        case .pingSummary: "ping_summary"
        case .terminationMessage: "termination_message"
        }
    }
}
