// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Settings
import Testing

/// Debug builds check every access, so they get more time.
#if DEBUG
private let patience = 20
#else
private let patience = 1
#endif

/// This thread's processor time, which excludes other tests and other users of the machine.
private func processorTime(_ body: () throws -> Void) rethrows -> Duration {
    func now() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    try body()
    return now() - start
}

private func read(_ text: String, file: String = "/etc/doku/config.yaml") throws -> Configuration {
    try ConfigurationReader.read(Array(text.utf8), file: file, isPrivate: true)
}

@Suite struct ConfigurationReaderTests {
    @Test func `a key that is left out has the documented default`() throws {
        let text = """
            endpoint: production
            brands:
              - { name: a, client_id: B-1, secret: { file: s }, outputs: [{ file: t }] }
            """
        let configuration = try read(text)
        #expect(configuration.endpoint.url == "https://api.doku.com/adv-core-api/partner/v1.0/token")
        #expect(configuration.endpoint.authority == "api.doku.com")
        #expect(configuration.endpoint.requestTarget == "/adv-core-api/partner/v1.0/token")
        #expect(configuration.runEvery == .seconds(3600))
        #expect(configuration.deadline == .seconds(120))
        #expect(configuration.connectTimeout == .seconds(5))
        #expect(configuration.requestTimeout == .seconds(15))
        #expect(configuration.concurrency == 64)
        #expect(configuration.connections == 16)
        #expect(configuration.attempts == 3)
        #expect(configuration.responseVerification == .ifPresent)
        #expect(configuration.tls == TLSTrust())
        #expect(configuration.proxy == nil)
        #expect(configuration.snippets.isEmpty)
        let brand = try #require(configuration.brands.first)
        #expect(brand.validTime == nil)
        #expect(brand.renewBefore == nil)
        let plain = TokenOutput(
            path: "/etc/doku/t",
            form: TokenOutput.Form(
                format: .raw(newline: false), attributes: FileAttributes(mode: 0o600), symlinks: .refuse))
        #expect(brand.outputs == [plain])
    }

    @Test func `hooks are read with their defaults`() throws {
        let configuration = try read(Corpus.text("good", "hooks.yaml"))
        #expect(configuration.stateDirectory == "/etc/doku/state")
        #expect(
            configuration.hooks == [
                // No longer than the whole run.
                Hook(
                    name: "reload-uploader", argv: ["systemctl", "reload", "uploader.service"], trigger: .changed,
                    brands: nil, timeout: .seconds(20)),
                Hook(
                    name: "01-page", argv: ["/usr/bin/env", "A={brand} $HOME;*", "/opt/page", "-v", "5"],
                    trigger: .failed, brands: ["kopi"], timeout: .seconds(20)),
                Hook(
                    name: "beat", argv: ["/opt/beat"], trigger: .always, brands: nil, timeout: .milliseconds(1500)),
            ])
        #expect(try read(Corpus.text("good", "minimal.yaml")).hooks.isEmpty)
        #expect(try read(Corpus.text("good", "minimal.yaml")).stateDirectory == nil)
    }

    @Test func `every setting is read`() throws {
        let configuration = try read(Corpus.text("good", "every-setting.yaml"))
        #expect(configuration.endpoint.authority == "api.doku.com:8443")
        #expect(configuration.runEvery == .seconds(5400))
        #expect(configuration.deadline == .seconds(90))
        #expect(configuration.connectTimeout == .milliseconds(500))
        #expect(configuration.requestTimeout == .seconds(90))
        #expect(configuration.concurrency == 1024)
        #expect(configuration.connections == 256)
        #expect(configuration.attempts == 10)
        #expect(configuration.responseVerification == .require)
        #expect(configuration.tls.caFile == "/etc/doku/ca.pem")
        #expect(configuration.tls.caDirectory == "/etc/ssl/certs")
        #expect(configuration.proxy == "socks5h://user:pa%40ss@proxy.internal:1080")
        let names = configuration.brands.map(\.name)
        #expect(names == ["batik", "kopi", "teh"])
        #expect(configuration.brands.map(\.clientID) == ["BRN-0001", "BRN-0002", "10791114622547"])
        #expect(configuration.brands.map(\.validTime) == [.seconds(21600), .seconds(86400), .seconds(21600)])
        #expect(configuration.brands[0].renewBefore == .remaining(.seconds(7200)))
        #expect(configuration.brands[1].renewBefore == .percent(33))
        let output = TokenOutput(
            path: "/run/doku/kopi.token",
            form: TokenOutput.Form(
                format: .raw(newline: true),
                attributes: FileAttributes(mode: 0o640, owner: "1000", group: "uploader"), symlinks: .follow))
        #expect(configuration.brands[1].outputs == [output])
        #expect(configuration.brands[2].outputs.isEmpty)
        for brand in configuration.brands {
            guard case .file("/etc/doku/secrets/\(brand.name)") = brand.secret else {
                Issue.record("\(brand.name) has another secret")
                continue
            }
        }
        let all = configuration.snippets[0]
        #expect(all.path == "/etc/doku/all.env")
        #expect(all.dialect == .systemd)
        #expect(all.entries.map(\.variable) == ["DOKU_BATIK_TOKEN", "DOKU_KOPI_TOKEN", "DOKU_TEH_TOKEN"])
        #expect(all.attributes == FileAttributes(mode: 0o440, owner: nil, group: "1000"))
        // In the order of the file's brands, not of the snippet's list.
        let some = configuration.snippets[1].entries
        #expect(some.map(\.variable) == ["DOKU_BATIK", "DOKU_TEH"])
        #expect(some.map(\.brand.name) == [0, 2].map { configuration.brands[$0].name })
    }

    @Test func `every source of a secret is read`() throws {
        let brands = try read(Corpus.text("good", "every-secret-source.yaml")).brands
        #expect(brands.count == 5)
        guard case .file("/etc/doku/s") = brands[0].secret, case .environment("doku_secret") = brands[1].secret,
            case .credential("c.secret") = brands[2].secret,
            case .command(let argv, .seconds(60)) = brands[3].secret
        else {
            Issue.record("\(brands.map(\.name))")
            return
        }
        #expect(argv == ["/usr/bin/vault", "kv", "get", "doku/d", "{{.Data}}", "7"])
    }

    @Test func `a secret in the file is read byte for byte`() throws {
        let brand = try #require(try read(Corpus.text("good", "secret-value.yaml")).brands.first)
        guard case .value(let secret) = brand.secret else {
            Issue.record("no value")
            return
        }
        // openssl dgst -sha256 -mac HMAC -macopt key:'SK #1: }' of "message".
        let code = secret.authenticationCode(for: Array("message".utf8)).map {
            String(256 + Int($0), radix: 16).suffix(2)
        }
        #expect(code.joined() == "5a9faa754f59e934f0b3aae5ac7dba7885e548fbdefcaa43ade5f88291cef831")
    }

    @Test(arguments: [
        ("config.yaml", "t", "t"), ("conf/config.yaml", "t", "conf/t"), ("conf/config.yaml", "../t", "t"),
        ("conf/config.yaml", "../../t", "../t"), ("./config.yaml", "./t", "t"), ("/config.yaml", "t", "/t"),
        ("/a/b/config.yaml", "../../../t", "/t"), ("/a//b/./config.yaml", "c/../t", "/a/b/t"),
        ("/a/config.yaml", "/run//x/./t", "/run/x/t"), ("../config.yaml", "t", "../t"),
    ])
    func `relative paths start at the file's directory`(file: String, output: String, expected: String) throws {
        let text = """
            endpoint: test
            brands:
              - { name: a, client_id: B-1, secret: { env: S }, outputs: [{ file: "\(output)" }] }
            """
        #expect(try read(text, file: file).brands[0].outputs[0].path == expected)
    }

    @Test func `a short deadline shortens the default request timeout`() throws {
        #expect(try read(Corpus.text("good", "short-deadline.yaml")).requestTimeout == .seconds(5))
    }

    @Test func `a problem in the defaults is reported once`() throws {
        let brands = (0..<50).map { "  - { name: \($0)x, client_id: B\($0) }\n" }.joined()
        let text = """
            endpoint: test
            defaults:
              secret: { env: "{BRAND}" }
              outputs: [{ file: same }]
            brands:
            """ + "\n" + brands
        let error = try #require(Corpus.problems(text))
        #expect(error.problems.map { "\($0.line):\($0.column)" } == ["3:18", "4:21"], "\(error)")
    }

    @Test func `a long list of problems is cut and counted`() throws {
        let text = "endpoint: test\nbrands:\n" + String(repeating: "  - {}\n", count: 2000)
        let error = try #require(Corpus.problems(text))
        // Each of these brands lacks its name, client_id and secret.
        #expect(error.problems.count == 1000)
        #expect(error.omitted == 5000)
        #expect(error.description.hasSuffix("config.yaml: and 5000 more problems"))
    }

    @Test func `a misspelled name in a snippet gets a suggestion`() throws {
        let error = try #require(Corpus.problems(Corpus.text("bad", "snippet-brand-unknown.yaml")))
        #expect(error.problems.first?.hint == "did you mean `batik`?")
    }

    @Test func `a message is one line for every file name`() throws {
        let error = try #require(Corpus.problems("", file: "a\nb\u{1B}.yaml"))
        let expected =
            "a\\u{a}b\\u{1b}.yaml:1:1: the file is empty or holds only comments "
            + "(write at least `endpoint` and `brands`)"
        #expect(error.description == expected)
    }

    @Test func `ten thousand brands are read at once`() throws {
        var text = "endpoint: test\nrun_every: 15m\ndefaults:\n  valid_time: 6h\n  outputs:\n"
        text += "    - { file: \"/run/doku/{brand}.token\", mode: \"0640\", group: uploader }\nbrands:\n"
        for number in 0..<10_000 {
            text += "  - name: brand-number-\(number)\n    client_id: BRN-\(number)-10791114622547\n"
            text += "    secret: { file: /etc/doku/secrets/brand-number-\(number) }\n"
        }
        text += "snippets:\n  - { file: /run/doku/all.env, dialect: posix, variable: \"T_{BRAND}\", brands: all }\n"
        let bytes = Array(text.utf8)
        var count = 0
        let time = try processorTime {
            count = try ConfigurationReader.read(bytes, file: "/etc/config.yaml", isPrivate: false).brands.count
        }
        #expect(count == 10_000)
        #expect(time < .milliseconds(100) * patience, "\(time)")
    }

    @Test func `many wrong names in snippets do not take quadratic time`() throws {
        var text = "endpoint: test\nbrands:\n"
        for number in 0..<5000 {
            text += "  - { name: brand-\(number), client_id: B\(number), secret: { env: S }, "
            text += "outputs: [{ file: t\(number) }] }\n"
        }
        text += "snippets:\n  - file: all.env\n    dialect: posix\n    variable: T_{BRAND}\n    brands:\n"
        for number in 0..<5000 { text += "      - brend-\(number)\n" }
        var error: InvalidConfiguration?
        let time = processorTime { error = Corpus.problems(text) }
        #expect(error?.problems.count == 1000)
        #expect(time < .seconds(1) * patience, "\(time)")
    }

    @Test(arguments: [(outputs: 499, snippets: 0), (100, 399), (0, 499)])
    func `a few lines that expand to millions of outputs are rejected before they are expanded`(
        places: (outputs: Int, snippets: Int)
    ) throws {
        let brands = 500
        var text = "endpoint: test\ndefaults:\n  secret: { env: S }\n  valid_time: 6h\n  outputs:\n"
        for index in 0..<max(1, places.outputs) { text += "    - { file: \"/run/\(index)/{brand}\" }\n" }
        text += "brands:\n"
        for index in 0..<brands { text += "  - { name: b\(index), client_id: BRN-\(index) }\n" }
        text += places.snippets > 0 ? "snippets:\n" : ""
        for index in 0..<places.snippets {
            text += "  - { file: /run/s\(index), dialect: systemd, variable: \"T_{BRAND}\", brands: all }\n"
        }
        let begin = ContinuousClock.now
        let error = #expect(throws: InvalidConfiguration.self) {
            try ConfigurationReader.read(Array(text.utf8), file: "c.yaml", isPrivate: true)
        }
        let found = error?.lines ?? []
        #expect(found.count == 1)
        #expect(found.first?.contains("the brands have more than 200000 outputs in all") == true)
        #expect(ContinuousClock.now - begin < .seconds(60))
    }
}
