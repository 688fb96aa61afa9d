// SPDX-License-Identifier: Apache-2.0
// The module Secrets: it reads secrets from their configured sources, and redacts them in the output of programs.

internal import Crypto
internal import DurableFiles
package import Model
internal import Processes
internal import Synchronization

/// Reads secrets from their configured sources. A secret that cannot be read fails only its brand.
package final class SecretReader: Sendable {
    /// In bytes. DOKU's secrets have a few dozen.
    private static let maximumSize = 4096

    private let fromEnvironment: Mutex<[String: Secret]>
    /// The names of world-readable secrets.
    private let exposed = Mutex<Set<String>>([])
    private let credentialsDirectory: String?
    /// Collects the secrets that were read, for redaction.
    private let known: RedactionSet?

    /// Removes these variables from the environment. No copy stays in it.
    /// No other thread may read the environment at the same time.
    package init(taking variables: Set<String> = [], noting known: RedactionSet? = nil) {
        self.known = known
        var secrets: [String: Secret] = [:]
        for variable in variables {
            guard var bytes = EnvironmentVariable.take(variable) else { continue }
            let secret = Self.secret(from: bytes)
            secrets[variable] = secret
            known?.note(secret)
            WipedBytes.wipe(&bytes)
        }
        fromEnvironment = Mutex(secrets)
        credentialsDirectory = EnvironmentVariable.read("CREDENTIALS_DIRECTORY")
    }

    /// Warnings about world-readable secrets, at most four.
    package var warnings: [String] {
        let sources = exposed.withLock { $0.sorted() }
        let named = sources.prefix(3).map(Self.warning)
        return sources.count <= named.count
            ? named : named + ["\(sources.count - named.count) more secrets are world-readable"]
    }

    /// Whether the source is a credential that systemd passes to the service only, and this process is not the service.
    package func isOnlyInService(_ source: SecretSource) -> Bool {
        if case .credential = source { credentialsDirectory == nil } else { false }
    }

    /// Reads a secret. May wait for a child process until its timeout.
    /// - Parameters:
    ///   - isHanging: whether the disk of a directory does not respond. No file on it is opened.
    ///   - isCancelled: called repeatedly while waiting.
    package func secret(
        from source: SecretSource, isHanging: (_ directory: String) -> Bool = { _ in false },
        isCancelled: () -> Bool = { false }
    ) throws(BrandFailure) -> Secret {
        try secret(from: source, isHanging: isHanging, isCancelled: isCancelled) { name in
            exposed.withLock { _ = $0.insert(name) }
        }
    }

    /// Reads a secret, and reports a world-readable one to the caller.
    /// - Parameter expose: gets the name of a world-readable secret, instead of ``warnings``.
    package func secret(
        from source: SecretSource, isHanging: (_ directory: String) -> Bool = { _ in false },
        isCancelled: () -> Bool, expose: (String) -> Void
    ) throws(BrandFailure) -> Secret {
        switch source {
        case .value(let secret): return try usable(secret, "the configuration")
        case .environment(let variable):
            guard let secret = fromEnvironment.withLock({ $0[variable] }) else {
                throw unreadable("the environment variable \(variable) is not set; set it where runs are started")
            }
            return try usable(secret, "the environment variable \(variable)")
        case .file(let path):
            if isHanging(LexicalPath.directory(of: path)) { throw Self.hangingFailure(of: source) }
            return try read(path, "the secret file \(path)", expose)
        case .credential(let name):
            guard let directory = credentialsDirectory else {
                throw unreadable(
                    "the credential \(name) exists inside the service only: $CREDENTIALS_DIRECTORY is not set; run "
                        + "`systemctl start doku-token-rotator.service`, or use another source")
            }
            return try read("\(directory)/\(name)", "the credential \(name)", expose)
        case .command(let argv, let timeout):
            let command = Command(argv: argv, timeout: timeout, maximumOutput: Self.maximumSize)
            let bytes: [UInt8]
            do {
                bytes = try command.run(isCancelled: isCancelled)
            } catch {
                throw unreadable("the secret command failed: \(command.explanation(of: error))")
            }
            return try usable(Self.secret(from: bytes), "the output of \(argv[0])")
        }
    }

    /// The failure of a secret on a disk that does not respond.
    package static func hangingFailure(of source: SecretSource) -> BrandFailure {
        let path =
            switch source {
            case .file(let path): path
            case .credential(let name): name
            case .environment, .command, .value: "the secret"
            }
        return BrandFailure(.secretUnreadable, FileError.hanging(path))
    }

    /// The warning for a world-readable secret.
    package static func warning(of exposed: String) -> String {
        "\(exposed) is world-readable: chmod o-r it"
    }

    private func read(
        _ path: String, _ source: @autoclosure () -> String, _ expose: (String) -> Void
    ) throws(BrandFailure) -> Secret {
        let file = try reading { () throws(FileError) in try InputFile(path: path) }
        guard !file.isWritableByOthers else {
            throw unreadable("\(source()) is world-writable: chmod o-w it, and change the secret")
        }
        if file.mode & 0o004 != 0 {
            expose(source())
        }
        let bytes = try reading { () throws(FileError) in try file.read(maximumSize: Self.maximumSize) }
        return try usable(Self.secret(from: bytes), source())
    }

    private func reading<Result>(_ body: () throws(FileError) -> Result) throws(BrandFailure) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            if error.reason == .missing { throw unreadable("\(error); create it, or correct its name in `secret`") }
            guard error.reason == .notPermitted, credentialsDirectory != nil else {
                throw BrandFailure(.secretUnreadable, error)
            }
            throw unreadable(
                "\(error); systemd passes secrets to this unit as credentials: write `credential: \"secrets_{brand}\"`, not `file`"
            )
        }
    }

    /// Removes one trailing newline, which editors add.
    private static func secret(from bytes: consuming [UInt8]) -> Secret {
        var bytes = bytes
        if bytes.last == 0x0a { bytes.removeLast() }
        let secret = Secret(bytes)
        WipedBytes.wipe(&bytes)
        return secret
    }

    private func usable(_ secret: Secret, _ source: @autoclosure () -> String) throws(BrandFailure) -> Secret {
        guard !secret.isEmpty else { throw unreadable("\(source()) is empty; put the brand's secret key there") }
        known?.note(secret)
        return secret
    }

    private func unreadable(_ what: String) -> BrandFailure { BrandFailure(.secretUnreadable, what) }
}

extension SecretSource {
    /// The environment variable with the secret; nil for other sources.
    package var variable: String? { if case .environment(let variable) = self { variable } else { nil } }
}
