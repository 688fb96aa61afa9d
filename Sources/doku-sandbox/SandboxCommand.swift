// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FlyingFox
import FlyingSocks
import FoundationEssentials
import Glibc

@main
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doku-sandbox",
        abstract: "Stands in for DOKU's Generate Token API on loopback: real signatures, faults on request.",
        discussion: """
            Prints its address, http://127.0.0.1:PORT, as one line as soon as it listens, and ends by itself.

            The brands file is JSON, and read again whenever it changes (or on SIGHUP):
              {"brands": [{"client_id": "BRN-…", "secret": "…", "fault": "unavailable", "times": 2,
                           "delay_ms": 100, "valid_minutes": 15}]}
            All but client_id and secret may be left out. Only the first "times" requests suffer the fault.
            Faults: \(Fault.allCases.map(\.rawValue).joined(separator: ", ")).

            Exit status: 0 ended as told, 64 usage, 69 cannot listen, 73 cannot write a file, 78 brands file unusable.
            """)

    @Option(help: "The brands it knows, their secrets and faults.")
    var brands: String

    @Option(help: "127.x.y.z:PORT, nothing else; port 0 takes a free one.")
    var listen = ListenAddress.anyPort

    @Option(help: "Append one JSON line for each request to this file.")
    var log: String?

    @Option(help: "Grant no token for longer than so many seconds.")
    var lifetimeLimit: Int?

    // A negative number would be taken for the next option otherwise.
    @Option(parsing: .unconditional, help: "Be so many seconds ahead of the time; negative: behind.")
    var timeOffset = 0

    @Option(help: "End after so many seconds.")
    var exitAfter = 600

    @Option(help: "Hold back every answer for so many milliseconds.")
    var delay = 0

    @Flag(help: "End when standard input ends.")
    var untilStdinCloses = false

    @Option(help: "Write the public key of the tokens to this file, as PEM.")
    var publicKey: String?

    func validate() throws {
        guard lifetimeLimit.map({ $0 >= 1 }) ?? true else { throw ValidationError("--lifetime-limit: at least 1") }
        guard 1...86_400 ~= exitAfter else { throw ValidationError("--exit-after: from 1 to 86400") }
        guard 0...86_400_000 ~= delay else { throw ValidationError("--delay: from 0 to 86400000") }
        // A century either way: enough for any wrong clock, and no sum overflows.
        guard abs(timeOffset) <= 3_155_760_000 else { throw ValidationError("--time-offset: at most 100 years") }
    }

    func run() async throws {
        let catalogue: BrandCatalogue
        do {
            catalogue = try BrandCatalogue(path: brands)
        } catch {
            StandardError.write("doku-sandbox: \(error)")
            throw ExitCode(EX_CONFIG)
        }
        let requestLog = try log.map { path in
            guard let log = RequestLog(path: path) else { throw cannotWrite(path) }
            return log
        }
        let ending = Ending(after: exitAfter, untilStandardInputCloses: untilStdinCloses) { catalogue.forget() }
        let issuer = TokenIssuer()
        if let publicKey {
            do {
                try Data(issuer.publicKeyPEM.utf8).write(to: URL(filePath: publicKey))
            } catch {
                throw cannotWrite(publicKey)
            }
        }

        let clock = ServerClock(offset: timeOffset)
        let endpoint = TokenEndpoint(
            clock: clock, catalogue: catalogue, ledger: AnswerLedger(),
            service: TokenService(clock: clock, issuer: issuer, lifetimeLimit: lifetimeLimit),
            log: requestLog, delay: .milliseconds(delay))
        try await serve(endpoint)
        withExtendedLifetime(ending) {}
    }

    /// Serves until the process ends.
    private func serve(_ endpoint: TokenEndpoint) async throws {
        let server = HTTPServer(
            config: .init(
                address: try .inet(ip4: listen.host, port: listen.port),
                // An answer may be held back for as long as the process lives.
                timeout: 2 * 86_400,
                pool: PromptPool(),
                logger: .disabled),
            handler: endpoint)
        let serving = Task {
            do {
                try await server.run()
            } catch {
                StandardError.write("doku-sandbox: cannot listen on \(listen.host):\(listen.port)")
                _exit(EX_UNAVAILABLE)
            }
        }
        try await server.waitUntilListening()
        if case .ip4(let host, let port) = await server.listeningAddress {
            FileWriting.write("http://\(host):\(port)\n", to: STDOUT_FILENO)
        }
        await serving.value
    }

    private func cannotWrite(_ path: String) -> ExitCode {
        StandardError.write("doku-sandbox: \(path): cannot be written")
        return ExitCode(EX_CANTCREAT)
    }
}
