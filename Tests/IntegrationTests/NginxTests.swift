// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The rotator over TLS and HTTP/2, against a real nginx in front of the sandbox.
@Suite struct NginxTests {
    /// A directory with an authority, a sandbox of `count` brands, and the configuration for them.
    private struct Site {
        let directory: TemporaryDirectory
        let authority: CertificateAuthority
        let sandbox: Sandbox
        let count: Int

        init(brands count: Int) throws {
            guard Nginx.program != nil else { try Test.cancel("skipped: it needs nginx") }
            self.count = count
            directory = try TemporaryDirectory()
            authority = try CertificateAuthority("authority", in: directory)
            try authority.issue("server", subject: "IP:127.0.0.1")
            let brands = (0..<count).map { ["client_id": Self.clientID($0), "secret": "SK-\($0)-Qm7w0yTzXe4v9LrK"] }
            sandbox = try directory.sandbox(brands: JSONSerialization.data(withJSONObject: ["brands": brands]))
            for index in 0..<count { try directory.write("SK-\(index)-Qm7w0yTzXe4v9LrK\n", to: "secrets/b\(index)") }
            try FileManager.default.createDirectory(atPath: directory.path("tokens"), withIntermediateDirectories: true)
        }

        static func clientID(_ index: Int) -> String { "BRN-\(index)-10791114622547" }

        func nginx(certificate: String = "server", speaksHTTP2: Bool = true) throws -> Nginx {
            try Nginx(in: directory, before: sandbox, certificate: certificate, speaksHTTP2: speaksHTTP2)
        }

        /// Runs `rotate --output json`.
        /// - Parameter settings: further lines of the configuration.
        func rotate(over nginx: Nginx, _ settings: String) throws -> (ending: ChildProcess.Ending, report: Report) {
            let brands = (0..<count).map { "  - { name: b\($0), client_id: \(Self.clientID($0)) }\n" }.joined()
            try directory.write(
                """
                endpoint: \(nginx.url)/adv-core-api/partner/v1.0/token
                run_every: 15m
                \(settings)
                defaults:
                  valid_time: 6h
                  secret: { file: "secrets/{brand}" }
                  outputs: [{ file: "tokens/{brand}" }]
                brands:
                \(brands)
                """, to: "config.yaml")
            let ending = try directory.run(
                BuiltProgram.rotator, ["rotate", "--config", "config.yaml", "--output", "json"])
            return (ending, try JSONDecoder().decode(Report.self, from: ending.standardOutput))
        }
    }

    private struct Report: Decodable {
        struct Brand: Decodable {
            let outcome: String
            let code: String?
            let attempts: Int
        }
        let brands: [Brand]
    }

    @Test("200 brands share one HTTP/2 connection")
    func oneConnection() throws {
        let site = try Site(brands: 200)
        let nginx = try site.nginx()
        let (ending, report) = try site.rotate(over: nginx, "tls: { ca_file: authority.pem }")
        #expect(ending.status == 0)
        #expect(String(decoding: ending.standardError.prefix(1000), as: UTF8.self) == "")
        #expect(report.brands.count == 200)
        #expect(report.brands.allSatisfy { $0.outcome == "rotated" && $0.attempts == 1 })

        let requests = try nginx.requests()
        #expect(requests.count == 200)
        #expect(Set(requests.map(\.connection)).count == 1)
        #expect(requests.allSatisfy { $0.httpVersion == "HTTP/2.0" && $0.tlsVersion == "TLSv1.3" })
        let wrong = (0..<200).filter { index in
            let facts = FileFacts(site.directory.url.appending(path: "tokens/b\(index)"))
            return (try? facts.check(["mode", "0600", "jwt", Site.clientID(index)])) == nil
        }
        #expect(wrong.isEmpty)
    }

    @Test("over HTTP/1.1 no more connections are open than configured")
    func fewConnections() throws {
        let site = try Site(brands: 40)
        let nginx = try site.nginx(speaksHTTP2: false)
        let (ending, _) = try site.rotate(over: nginx, "tls: { ca_file: authority.pem }\nconnections: 4")
        #expect(ending.status == 0)
        let requests = try nginx.requests()
        #expect(requests.count == 40)
        #expect((1...4).contains(Set(requests.map(\.connection)).count))
        #expect(requests.allSatisfy { $0.httpVersion == "HTTP/1.1" })
    }

    @Test("a directory of trusted certificates is as good as a file")
    func directoryOfAuthorities() throws {
        let site = try Site(brands: 1)
        let nginx = try site.nginx()
        let certificate = try String(contentsOfFile: site.directory.path(site.authority.certificate), encoding: .utf8)
        try site.directory.write(certificate, to: "trusted/authority.pem")
        try CertificateAuthority.openssl(site.directory, "rehash trusted")
        let (ending, _) = try site.rotate(over: nginx, "tls: { ca_directory: trusted }")
        #expect(ending.status == 0)
        #expect(try nginx.requests().count == 1)
        // Without its names, or missing, it holds nobody: that is said of the directory, not of the server.
        try site.directory.write(certificate, to: "nameless/authority.pem")
        for directory in ["nameless", "missing"] {
            _ = try site.directory.run("/bin/sh", ["-c", "rm -f tokens/*"])
            let (ending, report) = try site.rotate(over: nginx, "tls: { ca_directory: \(directory) }")
            #expect(ending.status != 0)
            #expect(report.brands.map(\.code) == ["tls-trust-store"])
        }
    }

    /// What is wrong with a server's identity, for the test below.
    enum Imposture: String, CaseIterable, Sendable {
        case otherAuthority = "certificate of an authority that is not trusted"
        case unknownToSystem = "certificate of an authority that the system does not know"
        case otherHost = "certificate of another host"
        case ended = "certificate that has ended"
    }

    @Test("a server that cannot prove who it is gets no request, and is not asked again", arguments: Imposture.allCases)
    func imposture(imposture: Imposture) throws {
        let site = try Site(brands: 3)
        try site.authority.issue("other-host", subject: "DNS:api.doku.com")
        _ = try CertificateAuthority("stranger", in: site.directory)
        var certificate = "server"
        var settings = "tls: { ca_file: authority.pem }"
        switch imposture {
        case .otherAuthority: settings = "tls: { ca_file: stranger.pem }"
        case .unknownToSystem: settings = ""
        case .otherHost: certificate = "other-host"
        case .ended:
            try site.authority.issue("ended", subject: "IP:127.0.0.1", days: -1)
            certificate = "ended"
        }
        let nginx = try site.nginx(certificate: certificate)
        let (ending, report) = try site.rotate(over: nginx, settings)
        #expect(ending.status == 22)
        #expect(report.brands.count == 3)
        for brand in report.brands {
            #expect(brand.outcome == "failed")
            #expect(brand.code == "tls-identity")
            #expect(brand.attempts == 1)
        }
        #expect(site.sandbox.newRequestCount == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.directory.path("tokens")).isEmpty)
    }

    @Test("trusted certificates that cannot be read are told as that")
    func noTrustStore() throws {
        let site = try Site(brands: 1)
        let nginx = try site.nginx()
        let (ending, report) = try site.rotate(over: nginx, "tls: { ca_file: missing.pem }")
        #expect(ending.status == 22)
        #expect(report.brands.map(\.code) == ["tls-trust-store"])
    }

    @Test("the keys of a connection are written nowhere, whatever the environment says")
    func noKeyLog() throws {
        let site = try Site(brands: 1)
        let nginx = try site.nginx()
        let keys = site.directory.path("keys")
        _ = try site.rotate(over: nginx, "tls: { ca_file: authority.pem }")
        let ending = try site.directory.run(
            "/usr/bin/env",
            ["SSLKEYLOGFILE=\(keys)", BuiltProgram.rotator, "rotate", "--config", "config.yaml", "--force"])
        #expect(ending.status == 0)
        #expect(try nginx.requests().count == 2)
        #expect(!FileManager.default.fileExists(atPath: keys))
    }
}
