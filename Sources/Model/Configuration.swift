// SPDX-License-Identifier: Apache-2.0
// The module Model: the vocabulary that all other modules share.

/// A configuration file that passed every check, with defaults filled in and placeholders expanded.
package struct Configuration: Sendable {
    /// The configuration file's path as typed; empty if there is no file.
    package var file = ""
    package var endpoint: Endpoint
    /// How often the scheduler starts a run. A token must outlive the next start.
    package var runEvery: Duration = .seconds(3600)
    package var deadline: Duration = .seconds(120)
    /// The upper limit of the random delay before the first request; less than ``runEvery``.
    package var splay: Duration = .zero
    /// Requests in flight at one time, 1…1024.
    package var concurrency = 64
    /// Connections to one endpoint if it speaks only HTTP/1.1, 1…256.
    package var connections = 16
    package var connectTimeout: Duration = .seconds(5)
    package var requestTimeout: Duration = .seconds(15)
    /// Attempts for one brand in one run, 1…10.
    package var attempts = 3
    package var responseVerification = ResponseVerification.ifPresent
    package var tls = TLSTrust()
    /// The proxy's URL; nil uses the usual environment variables.
    package var proxy: String?
    package var brands: [Brand] = []
    package var snippets: [Snippet] = []
    /// The shared destinations that are not files.
    package var destinations: [DestinationSettings] = []
    package var report = ReportDestinations()
    package var hooks: [Hook] = []
    /// Keeps the state that outputs cannot hold; nil uses `$STATE_DIRECTORY`.
    package var stateDirectory: String?

    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }
}

extension Configuration {
    /// How long a disk may take to respond: one that slept, or a server that restarts, takes seconds.
    package var patience: Duration { min(.seconds(10), deadline / 4) }

    package var nextRun: NextRun { NextRun(runEvery: runEvery, deadline: deadline, splay: splay) }
}

/// Where tokens are requested: one URL, split once into the parts that libcurl, the signer and messages need.
package struct Endpoint: Sendable, Hashable {
    /// The whole URL, without user information or fragment.
    package let url: String
    /// `https`, or `http` if the host is loopback.
    package let scheme: String
    /// The host, with the port if the URL names one: `api.doku.com`, `127.0.0.1:8080`.
    package let authority: String
    /// The path alone. The signature covers it as `Request-Target`.
    package let requestTarget: String

    /// The host alone; an IPv6 address is without brackets.
    package var host: String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    package init(scheme: String, authority: String, requestTarget: String) {
        url = "\(scheme)://\(authority)\(requestTarget)"
        self.scheme = scheme
        self.authority = authority
        self.requestTarget = requestTarget
    }
}

/// Whether a response must carry DOKU's own signature.
package enum ResponseVerification: String, Sendable, CaseIterable {
    /// A signature is checked if there is one; a response without a signature is accepted.
    case ifPresent = "if-present"
    /// A response without a signature is rejected.
    case require
    case off
}

/// The certificate authorities that TLS trusts; the system's store if both are nil.
package struct TLSTrust: Sendable, Equatable {
    /// A PEM bundle.
    package var caFile: String?
    /// A directory hashed by `openssl rehash`.
    package var caDirectory: String?

    package init() {}
}

/// One brand: an identity at DOKU, the source of its secret, and the outputs for its token.
package final class Brand: Sendable {
    /// `[a-z0-9][a-z0-9._-]{0,62}`, unique. Only the name replaces `{brand}`.
    package let name: String
    /// DOKU's Brand ID (`BRN-…`): printable ASCII, valid as a header value.
    package let clientID: String
    package let secret: SecretSource
    package let times: Times
    /// Relative paths are resolved against the configuration file's directory, and `{brand}` is expanded.
    package let outputs: [TokenOutput]

    package var validTime: Duration? { times.validTime }
    package var renewBefore: RenewalThreshold? { times.renewBefore }

    package init(name: String, clientID: String, secret: SecretSource, times: Times, outputs: [TokenOutput]) {
        self.name = name
        self.clientID = clientID
        self.secret = secret
        self.times = times
        self.outputs = outputs
    }

    /// The lifetime and renewal threshold of tokens. Brands with the same values share one object.
    package final class Times: Sendable {
        /// The lifetime to request, in whole minutes; nil requests none.
        package let validTime: Duration?
        /// nil means a third of the lifetime.
        package let renewBefore: RenewalThreshold?

        package static let unsaid = Times(validTime: nil, renewBefore: nil)

        package init(validTime: Duration?, renewBefore: RenewalThreshold?) {
            self.validTime = validTime
            self.renewBefore = renewBefore
        }
    }
}

extension Brand {
    /// `[a-z0-9][a-z0-9._-]{0,62}` without `..`. Without upper case, no two names differ only in case.
    package static func isName(_ name: String) -> Bool {
        guard (1...63).contains(name.utf8.count) else { return false }
        var previous: UInt8 = 0x2E
        let bytes = name.utf8.span
        for position in bytes.indices {
            let byte = bytes[position]
            switch byte {
            case 0x61...0x7A, 0x30...0x39: break
            case 0x2D, 0x5F: if position == 0 { return false }
            case 0x2E: if previous == 0x2E { return false }
            default: return false
            }
            previous = byte
        }
        return true
    }
}

/// How long before it expires a token is renewed.
package enum RenewalThreshold: Sendable, Equatable {
    case remaining(Duration)
    /// Percent of the token's whole lifetime, 1…99.
    case percent(Int)
}

package enum SecretSource: Sendable {
    case file(path: String)
    case environment(variable: String)
    /// The name of a file in `$CREDENTIALS_DIRECTORY`.
    case credential(name: String)
    /// Run without a shell; the secret is the program's standard output.
    case command(argv: [String], timeout: Duration)
    case value(Secret)

    /// Whether a program prints the secret, which may take time.
    package var isCommand: Bool { if case .command = self { true } else { false } }
}

/// One environment file that carries the tokens of many brands.
package struct Snippet: Sendable {
    package let path: String
    package let dialect: EnvironmentDialect
    /// In the order of the configuration's brands; every variable is unique.
    package let entries: [Entry]
    package let attributes: FileAttributes
    package let symlinks: SymlinkPolicy

    package struct Entry: Sendable {
        package let brand: Brand
        package let variable: String

        package init(brand: Brand, variable: String) {
            self.brand = brand
            self.variable = variable
        }
    }

    package init(
        path: String, dialect: EnvironmentDialect, entries: [Entry], attributes: FileAttributes,
        symlinks: SymlinkPolicy
    ) {
        self.path = path
        self.dialect = dialect
        self.entries = entries
        self.attributes = attributes
        self.symlinks = symlinks
    }
}

/// A shared destination that is not a file. Only the module of its kind knows what its address means.
package struct DestinationSettings: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// The brand's name.
        package let brand: String
        package let key: String

        package init(brand: String, key: String) {
            self.brand = brand
            self.key = key
        }
    }

    /// The key of the configuration that describes it, as in `kubernetes_secret`.
    package let kind: String
    /// The unique name in messages and reports.
    package let name: String
    /// The values of the keys that say which destination it is.
    package let address: [String: String]
    package let labels: [String: String]
    /// The size limit of all tokens together, in bytes; nil for no limit.
    package let capacity: Int?
    /// In the order of the configuration's brands; every key is unique.
    package var entries: [Entry]

    package init(
        kind: String, name: String, address: [String: String], labels: [String: String] = [:], capacity: Int? = nil,
        entries: [Entry] = []
    ) {
        self.kind = kind
        self.name = name
        self.address = address
        self.labels = labels
        self.capacity = capacity
        self.entries = entries
    }

    package func path(of key: String) -> String { "\(name)/\(key)" }
}

/// How long a token must be valid so that it is still valid when the next run ends.
package struct NextRun: Sendable {
    package let runEvery: Duration
    package let deadline: Duration
    package let splay: Duration

    /// Tolerance for late clocks and schedulers.
    package static let tolerance: Duration = .seconds(60)

    /// The time after `run_every` until the next token is in place.
    package static func margin(deadline: Duration, splay: Duration) -> Duration { deadline + splay + tolerance }

    /// The latest end of the next run, counted from the start of this one.
    package var end: Duration { runEvery + Self.margin(deadline: deadline, splay: splay) }
}
