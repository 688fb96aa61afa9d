// SPDX-License-Identifier: Apache-2.0

/// What stands at the other end, or between.
extension NetworkFault {
    /// - Parameters:
    ///   - alone: what must come of the only brand, whose every connection is so.
    ///   - struck: of that one of three whose connection is the first, and the only one that is so.
    private static func handshake(
        _ row: Int, _ what: String, _ connection: String, impostor: String? = nil, settings: String = "",
        alone: Expectation, struck: Expectation
    ) -> NetworkFault {
        NetworkFault(
            row: row, what: what, transport: .tls, impostor: impostor, connections: [connection], settings: settings,
            expect: alone, company: .firstConnection(struck))
    }

    private static let again = Expectation.rotated("A", attempts: 2...2)

    static let tls: [NetworkFault] =
        [
            ("expired", "an expired certificate"), ("self-signed", "a self-signed certificate"),
            ("unknown", "an unknown authority"), ("elsewhere", "another host's certificate"),
        ].map { name, what in
            let refused = Expectation.lasting("tls-identity", "", attempts: 1...1)
            return handshake(61, what, "impostor", impostor: name, alone: refused, struck: refused)
        } + [
            handshake(
                62, "close in the handshake", "hello-close", alone: .passing("tls-failed", "", attempts: 3...3),
                struck: again),
            handshake(
                62, "RST in the handshake", "hello-reset", alone: .passing("tls-failed", "", attempts: 3...3),
                struck: again),
            handshake(
                62, "garbage in the handshake", "hello-garbage", alone: .lasting("tls-refused", "", attempts: 3...3),
                struck: again),
            handshake(
                62, "no common version", "hello-alert", alone: .lasting("tls-refused", "", attempts: 3...3),
                struck: again),
            handshake(
                62, "an old version", "hello-old", alone: .lasting("tls-refused", "", attempts: 3...3), struck: again),
            handshake(
                63, "silence in the handshake", "silence", settings: limits,
                alone: .passing("timed-out", "", attempts: 3...3), struck: again),
            // There is no key for a pin: `tls.ca_file` is what ties DOKU to one authority. A certificate of another
            // authority, which the system may trust, is not accepted.
            handshake(
                64, "another authority than the one that is configured", "impostor", impostor: "unknown",
                alone: .lasting("tls-identity", "", attempts: 1...1),
                struck: .lasting("tls-identity", "", attempts: 1...1)),
            store("missing", "tls: { ca_file: missing.pem }"),
            store("empty", "tls: { ca_file: /dev/null }"),
            NetworkFault(
                row: 66, what: "end without close_notify, whole JSON", transport: .tls, steps: ["no-length"],
                expect: .rotated()),
            NetworkFault(
                row: 66, what: "end without close_notify, cut JSON", transport: .tls, steps: ["no-length-cut"],
                expect: .lasting("answer-malformed", "AB")),
            NetworkFault(
                row: 66, what: "end without close_notify inside a length", transport: .tls, steps: ["shorter"],
                expect: .passing("connection-lost", "AAA")),
        ]

    private static func store(_ what: String, _ settings: String) -> NetworkFault {
        let refused = Expectation.lasting("tls-trust-store", "", attempts: 1...1)
        return NetworkFault(
            row: 65, what: "authorities' file \(what)", transport: .tls, settings: settings, expect: refused,
            company: .all(refused))
    }

    private static func proxy(
        _ row: Int, _ what: String, _ connection: String = "proxy-serve", scheme: String = "http",
        alone: Expectation, company: Company
    ) -> NetworkFault {
        NetworkFault(
            row: row, what: what, transport: .tls, connections: [connection],
            settings: "proxy: \(scheme)://127.0.0.1:PORT",
            endpoint: "127.0.0.1", expect: alone, company: company)
    }

    static let proxies: [NetworkFault] = {
        let failed = Expectation.passing("proxy-failed", "", attempts: 3...3)
        let failedForAll = Company.all(.passing("proxy-failed", "", attempts: 1...3))
        var refused = proxy(69, "proxy refused", alone: failed, company: failedForAll)
        refused.listens = "refused"
        var refusedByEnvironment = refused
        refusedByEnvironment.what = "the environment's proxy refused"
        refusedByEnvironment.settings = ""
        refusedByEnvironment.environmentProxy = "http://127.0.0.1:PORT"
        var socksRefused = refused
        socksRefused.what = "SOCKS proxy refused"
        socksRefused.settings = "proxy: socks5h://127.0.0.1:PORT"
        return [
            proxy(69, "proxy, and all is well", alone: .rotated(), company: .all(.rotated())),
            proxy(
                69, "SOCKS, and all is well", "socks-serve", scheme: "socks5h", alone: .rotated(),
                company: .all(.rotated())),
            refused, refusedByEnvironment, socksRefused,
            NetworkFault(
                row: 69, what: "proxy without a name", transport: .tls,
                settings: "proxy: http://none-2.faults.test:3128",
                endpoint: "127.0.0.1", expect: .lasting("proxy-not-resolved", "", attempts: 3...3),
                company: .all(.lasting("proxy-not-resolved", "", attempts: 1...3))),
            proxy(
                70, "proxy 407", "proxy-407", alone: .lasting("proxy-authentication", "", attempts: 1...1),
                company: .firstConnection(.lasting("proxy-authentication", "", attempts: 1...1))),
            proxy(71, "proxy 502", "proxy-502", alone: failed, company: .firstConnection(again)),
            proxy(71, "proxy closes", "proxy-close", alone: failed, company: .firstConnection(again)),
            proxy(71, "proxy resets", "proxy-reset", alone: failed, company: .firstConnection(again)),
            proxy(
                71, "SOCKS refuses", "socks-refuse", scheme: "socks5h", alone: failed,
                company: .firstConnection(again)),
        ]
    }()
}
