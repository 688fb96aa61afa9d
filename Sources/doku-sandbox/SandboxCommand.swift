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
        abstract:
            "A test server for DOKU's Generate Token API on loopback, with real signatures and configurable faults.",
        discussion: """
            Prints its address, http://127.0.0.1:PORT, when it listens. Exits after --exit-after seconds.

            The brands file is JSON. The server reads it again if it changes, and on SIGHUP:
              {"brands": [{"client_id": "BRN-…", "secret": "…", "fault": "unavailable", "times": 2,
                           "delay_ms": 100, "valid_minutes": 15}]}
            Only client_id and secret are required. The first "times" requests get the fault.
            Faults: \(Fault.allCases.map(\.rawValue).joined(separator: ", ")).

            Exit status: 0 success, 64 usage, 69 cannot listen, 73 cannot write a file, 78 invalid brands file.
            """)

    @Option(help: "The brands file.")
    var brands: String

    @Option(help: "The address, 127.x.y.z:PORT; port 0 means any free port.")
    var listen = "127.0.0.1:0"

    @Option(help: "Append one JSON line for each request to this file.")
    var log: String?

    @Option(help: "The longest lifetime of a token, in seconds.")
    var lifetimeLimit: Int?

    // Otherwise the parser reads a negative number as an option.
    @Option(parsing: .unconditional, help: "Seconds by which the server's clock is ahead; negative: behind.")
    var timeOffset = 0

    @Option(help: "Exit after this number of seconds.")
    var exitAfter = 600

    @Option(help: "The delay before each response, in milliseconds.")
    var delay = 0

    @Flag(help: "Exit at the end of standard input.")
    var untilStdinCloses = false

    @Option(help: "Write the public key of the tokens to this file, in PEM format.")
    var publicKey: String?

    /// The address of `listen`; nil if it is not one of the loopback interface.
    private var address: sockaddr_in? {
        let parts = listen.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("127."), let port = UInt16(parts[1]) else { return nil }
        return try? .inet(ip4: String(parts[0]), port: port)
    }

    func validate() throws {
        guard address != nil else { throw ValidationError("--listen must be 127.x.y.z:PORT") }
        guard lifetimeLimit.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("--lifetime-limit must be at least 1")
        }
        guard 1...86_400 ~= exitAfter else { throw ValidationError("--exit-after must be from 1 to 86400") }
        guard 0...86_400_000 ~= delay else { throw ValidationError("--delay must be from 0 to 86400000") }
        // 100 years in seconds: no sum overflows.
        guard abs(timeOffset) <= 3_155_760_000 else { throw ValidationError("--time-offset must be at most 100 years") }
    }

    func run() async throws {
        let catalogue: BrandCatalogue
        do {
            catalogue = try BrandCatalogue(path: brands)
        } catch {
            Output.complain("\(error)")
            throw ExitCode(EX_CONFIG)
        }
        let requestLog = log.flatMap { RequestLog(path: $0) }
        if let log, requestLog == nil { throw cannotWrite(log) }
        let ending = Ending(after: exitAfter, untilStandardInputCloses: untilStdinCloses) { catalogue.forget() }
        let issuer = TokenIssuer()
        if let publicKey {
            do {
                try Data(await issuer.publicKeyPEM.utf8).write(to: URL(filePath: publicKey))
            } catch {
                throw cannotWrite(publicKey)
            }
        }
        try await serve(
            TokenEndpoint(
                clock: ServerClock(offset: timeOffset), catalogue: catalogue, issuer: issuer,
                lifetimeLimit: lifetimeLimit, log: requestLog, delay: delay))
        withExtendedLifetime(ending) {}
    }

    /// Runs until the process exits.
    private func serve(_ endpoint: TokenEndpoint) async throws {
        guard let address else { return }
        // A delay may last as long as the process.
        let server = HTTPServer(
            config: .init(address: address, timeout: 2 * 86_400, pool: NoDelayPool(), logger: .disabled),
            handler: endpoint)
        let serving = Task {
            do {
                try await server.run()
            } catch {
                Output.complain("cannot listen on \(listen)")
                _exit(EX_UNAVAILABLE)
            }
        }
        try await server.waitUntilListening()
        if case .ip4(let host, let port) = await server.listeningAddress {
            Output.write("http://\(host):\(port)\n", to: STDOUT_FILENO)
        }
        await serving.value
    }

    private func cannotWrite(_ path: String) -> ExitCode {
        Output.complain("\(path): cannot be written")
        return ExitCode(EX_CANTCREAT)
    }
}
