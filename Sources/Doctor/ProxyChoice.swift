// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Processes

/// The proxy that libcurl would choose, without its user information.
struct ProxyChoice {
    let isUsed: Bool
    /// Scheme, host and port.
    let name: String
    /// The setting or variable that names it, or why no proxy is used.
    let source: String

    init(_ configuration: Configuration) {
        if configuration.endpoint.scheme == "http" {
            self.init(isUsed: false, name: "none", source: "not used: http:// goes to loopback only")
        } else if let proxy = configuration.proxy {
            self.init(isUsed: true, name: Self.named(proxy), source: "the configuration's proxy")
        } else if let (variable, proxy) = Self.fromEnvironment() {
            if let exception = Self.exception(for: configuration.endpoint.authority) {
                self.init(isUsed: false, name: "none", source: "$\(exception) names the endpoint's host")
                return
            }
            self.init(isUsed: true, name: Self.named(proxy), source: "$\(variable)")
        } else {
            self.init(isUsed: false, name: "none", source: "neither the configuration nor the environment names one")
        }
    }

    private init(isUsed: Bool, name: String, source: String) {
        self.isUsed = isUsed
        self.name = name
        self.source = source
    }

    /// In libcurl's order (libcurl-env(3)).
    private static func fromEnvironment() -> (variable: String, proxy: String)? {
        for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            if let proxy = EnvironmentVariable.read(variable), !proxy.isEmpty { return (variable, proxy) }
        }
        return nil
    }

    /// The variable that excludes the host from the proxy.
    private static func exception(for authority: String) -> String? {
        let host = authority.prefix { $0 != ":" }
        for variable in ["no_proxy", "NO_PROXY"] {
            guard let value = EnvironmentVariable.read(variable), !value.isEmpty else { continue }
            let isNamed = value.lowercased().split(whereSeparator: { $0 == "," || $0 == " " }).contains { entry in
                let name = entry.hasPrefix(".") ? entry.dropFirst() : entry
                return name == "*" || host == name || host.hasSuffix("." + name)
            }
            return isNamed ? variable : nil
        }
        return nil
    }

    private static func named(_ proxy: String) -> String {
        let scheme = proxy.firstRange(of: "://").map { String(proxy[..<$0.upperBound]) } ?? ""
        let rest = proxy.dropFirst(scheme.count)
        let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        return VisibleText.escaping(scheme + host.prefix(200))
    }
}
