// SPDX-License-Identifier: Apache-2.0
// The module Model: the vocabulary that all other modules share.

/// What one run works on: a configuration file that passed every check, with defaults filled in and
/// placeholders expanded. Only `ConfigurationReader` makes one.
package struct Configuration: Sendable {
    /// The file it stands in, as typed; empty where it stands in none.
    package var file = ""
    /// Where the requests go.
    package var endpoint: Endpoint
    /// How often the scheduler starts this; a token must outlive the next start.
    package var runEvery: Duration = .seconds(3600)
    /// The longest a whole run may take.
    package var deadline: Duration = .seconds(120)
    /// The longest random delay before the first request; less than ``runEvery``.
    package var splay: Duration = .zero
    /// Requests in flight at one time, 1…1024.
    package var concurrency = 64
    /// Connections to one endpoint where it speaks HTTP/1.1 only, 1…256.
    package var connections = 16
    package var connectTimeout: Duration = .seconds(5)
    package var requestTimeout: Duration = .seconds(15)
    /// Tries for one brand in one run, 1…10.
    package var attempts = 3
    package var responseVerification = ResponseVerification.ifPresent
    package var tls = TLSTrust()
    /// The proxy's URL; nil leaves it to the usual environment variables.
    package var proxy: String?
    package var brands: [Brand] = []
    package var snippets: [Snippet] = []
    /// Where tokens go besides files.
    package var stores: [TokenStore] = []
    package var report = ReportDestinations()
    package var hooks: [Hook] = []
    /// Where a run keeps what outputs cannot tell; nil leaves it to `$STATE_DIRECTORY`.
    package var stateDirectory: String?

    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }
}

/// Where tokens are requested: one URL, split once into what libcurl, the signer and messages need.
package struct Endpoint: Sendable, Hashable {
    /// The whole URL, without user information and fragment.
    package let url: String
    /// `https`, or `http` where the host is loopback.
    package let scheme: String
    /// Host and, where the URL names one, port: `api.doku.com`, `127.0.0.1:8080`.
    package let authority: String
    /// The path alone: what the signature covers as `Request-Target`.
    package let requestTarget: String

    /// The host alone; of an IPv6 address, without the brackets.
    package var host: String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    package init(url: String, scheme: String, authority: String, requestTarget: String) {
        self.url = url
        self.scheme = scheme
        self.authority = authority
        self.requestTarget = requestTarget
    }
}

/// Whether an answer must carry DOKU's own signature.
package enum ResponseVerification: String, Sendable, CaseIterable {
    /// Checked where present; an answer without one is accepted.
    case ifPresent = "if-present"
    /// An answer without a signature is refused.
    case require
    case off
}

/// Whom TLS trusts. Both nil: the system's store.
package struct TLSTrust: Sendable, Equatable {
    /// A PEM bundle.
    package var caFile: String?
    /// A directory hashed by `openssl rehash`.
    package var caDirectory: String?

    package init(caFile: String? = nil, caDirectory: String? = nil) {
        self.caFile = caFile
        self.caDirectory = caDirectory
    }
}

/// One brand: an identity at DOKU, the source of its secret, and where its token goes.
package final class Brand: Sendable {
    /// `[a-z0-9][a-z0-9._-]{0,62}`, unique; the only thing that goes into `{brand}`.
    package let name: String
    /// DOKU's Brand ID (`BRN-…`): printable ASCII, safe as a header value.
    package let clientID: String
    package let secret: SecretSource
    package let times: Times
    /// Paths are absolute or relative to the configuration file's directory already joined; `{brand}` is expanded.
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

    /// How long a brand's tokens are to live: mostly the same for all of ten thousand brands.
    package final class Times: Sendable {
        /// The lifetime to ask for, in whole minutes; nil asks for none.
        package let validTime: Duration?
        /// nil stands for a third of the lifetime.
        package let renewBefore: RenewalThreshold?

        /// What a configuration that says nothing of them has.
        package static let unsaid = Times(validTime: nil, renewBefore: nil)

        package init(validTime: Duration?, renewBefore: RenewalThreshold?) {
            self.validTime = validTime
            self.renewBefore = renewBefore
        }
    }
}

extension Brand {
    /// `[a-z0-9][a-z0-9._-]{0,62}` without `..`. Upper case is refused, so no two names differ in case alone.
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

/// How long before its end a token is renewed.
package enum RenewalThreshold: Sendable, Equatable {
    case remaining(Duration)
    /// Percent of the token's whole lifetime, 1…99.
    case percent(Int)
}

/// Where a brand's secret comes from.
package enum SecretSource: Sendable {
    case file(path: String)
    case environment(variable: String)
    /// A file of that name in `$CREDENTIALS_DIRECTORY`.
    case credential(name: String)
    /// Run without a shell; the secret is its standard output.
    case command(argv: [String], timeout: Duration)
    case value(Secret)

    /// Whether a program prints it, which may take its time.
    package var isCommand: Bool { if case .command = self { true } else { false } }
}

/// One environment file that carries the tokens of many brands.
package struct Snippet: Sendable {
    package let path: String
    package let dialect: EnvironmentDialect
    /// Indexes into ``Configuration/brands`` in file order, each with its variable's name, `{BRAND}` expanded.
    package let entries: [Entry]
    package let attributes: FileAttributes
    package let symlinks: SymlinkPolicy

    package struct Entry: Sendable, Equatable {
        package let brand: Int
        package let variable: String

        package init(brand: Int, variable: String) {
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

/// What a token must outlive to be there when the next run has ended.
package struct NextRun: Sendable {
    package let runEvery: Duration
    package let deadline: Duration
    package let splay: Duration

    package init(runEvery: Duration, deadline: Duration, splay: Duration) {
        self.runEvery = runEvery
        self.deadline = deadline
        self.splay = splay
    }

    /// For clocks and schedulers that are late.
    package static let doubt: Duration = .seconds(60)

    /// What a run may add to `run_every` before the next token is in place.
    package static func margin(deadline: Duration, splay: Duration) -> Duration { deadline + splay + doubt }

    /// Counted from the start of a run.
    package var end: Duration { runEvery + Self.margin(deadline: deadline, splay: splay) }
}
