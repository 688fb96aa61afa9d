// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One run of one scenario, in a directory of its own that is gone afterwards.
///
/// The files of the scenario's folder are copied into the directory; `{{url}}` (of the sandbox) and `{{dir}}` are
/// replaced in them when the sandbox starts. Tokens go to `tokens/`; secrets stand in `secrets/` and `credentials/`.
final class ScenarioRun {
    /// What the programs of the scenario see.
    var directory: URL { home.url }
    /// What they do not see: the sandbox's files, what programs printed, remembered files.
    var scratch: URL { home.scratch }
    /// The scenario's own files, which may hold secrets.
    var givenFiles: Set<String> = []
    /// Where tokens may be.
    var outputDirectories = ["tokens"]
    var variables: [String: String]
    var sandbox: Sandbox?
    var background: ChildProcess?
    var lockHolder: ChildProcess?
    var receiver: PythonServer?
    /// Of the configuration, by the program in the background.
    var opening: OpenWatch?
    var last: ChildProcess.Ending?
    var remembered: [String: FileFacts] = [:]
    var canary = Canary()
    private var lastWords: [String] = []
    private let home: TemporaryDirectory

    /// - Parameter folders: each is copied over those before it; the last is the scenario's own.
    init(folders: [URL]) throws {
        home = try TemporaryDirectory()
        variables = [
            "dir": home.path, "rotator": BuiltProgram.rotator, "manifests": Repository.path("config/kubernetes"),
            "silent_disk": "\(Host.python) \(PythonServer.script("silent_disk.py"))",
        ]
        for name in ["", "tokens", "secrets"] { try home.makeDirectory(name, mode: 0o755) }
        for folder in folders { try copyFiles(of: folder) }
        for path in try filesBelow("") {
            givenFiles.insert(path)
            try chmod(path, path.hasPrefix("secrets/") || path.hasPrefix("credentials/") ? 0o600 : 0o644)
        }
    }

    private func copyFiles(of folder: URL) throws {
        for path in FileManager.default.subpaths(atPath: folder.path) ?? [] where path != "scenario" {
            let source = folder.appending(path: path)
            if FileFacts(source).kind == .typeDirectory {
                try FileManager.default.createDirectory(at: url(path), withIntermediateDirectories: true)
            } else {
                try Data(contentsOf: source).write(to: url(path))
            }
        }
    }

    /// Ends what still runs, and undoes what has to be undone. The directory is gone with the run.
    func cleanUp() {
        background = nil
        lockHolder = nil
        receiver = nil
        sandbox = nil
        for words in lastWords.reversed() { _ = try? shell(words) }
        // A directory that may not be written cannot be emptied.
        _ = try? shell("chmod -R u+rwX .")
    }

    /// Takes a command to run when the scenario is over, whatever its end.
    func finally(_ command: String) {
        lastWords.append(command)
    }

    // MARK: Paths and text

    func url(_ path: String) -> URL { directory.appending(path: path) }

    func chmod(_ path: String, _ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url(path).path)
    }

    /// The regular files below a directory, by their paths from the scenario's directory.
    func filesBelow(_ path: String) throws -> [String] {
        let prefix = path.isEmpty ? "" : path + "/"
        return (FileManager.default.subpaths(atPath: url(path).path) ?? []).map { prefix + $0 }.filter { path in
            FileFacts(url(path)).kind == .typeRegular
        }
    }

    func expand(_ text: String, row: [String: String] = [:]) throws -> String {
        var text = text
        // The row first: its cells may name variables.
        for (name, value) in Array(row) + Array(variables) {
            text = text.replacing("{{\(name)}}", with: value)
        }
        if let start = text.range(of: "{{"), let end = text[start.upperBound...].range(of: "}}") {
            throw TestFailure("nothing is known of \(text[start.lowerBound..<end.upperBound])")
        }
        return text
    }

    /// The text of a given file with its placeholders replaced.
    func expanded(_ path: String, row: [String: String]) throws -> String {
        try expand(String(contentsOf: url(path), encoding: .utf8), row: row)
    }

    // MARK: The sandbox

    func startSandbox(_ brandsFile: String, flags: [String], row: [String: String]) throws {
        let brands = try expanded(brandsFile, row: row)
        try noteSecrets(of: brands)
        sandbox = nil
        let started = try home.sandbox(brands: Data(brands.utf8), flags: flags)
        sandbox = started
        // A sandbox started again has another address.
        let known = variables.updateValue(started.url, forKey: "url") ?? "{{url}}"
        for path in givenFiles where path != brandsFile {
            guard let text = try? String(contentsOf: url(path), encoding: .utf8), text.contains(known) else { continue }
            // In place: mode, and a lock that is held, stay as they are.
            let file = try FileHandle(forWritingTo: url(path))
            try file.write(contentsOf: Data(expand(text.replacing(known, with: started.url), row: row).utf8))
            try file.truncate(atOffset: file.offset())
            try file.close()
        }
    }

    func noteSecrets(of brands: String) throws {
        let document = try JSONSerialization.jsonObject(with: Data(brands.utf8)) as? [String: Any]
        for brand in document?["brands"] as? [[String: Any]] ?? [] {
            if let secret = brand["secret"] as? String { canary.add(secret) }
        }
    }

    /// Starts the server that takes what a run tells others.
    func startReceiver(answering statuses: [String]) throws {
        receiver = nil
        let folder = url("told")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let started = try PythonServer("receiver.py", [folder.path] + statuses, in: home)
        receiver = started
        variables["receiver"] = "127.0.0.1:" + started.announcement
    }

    // MARK: Programs

    /// Starts the rotator. Words of the form NAME=VALUE in front are its environment.
    func start(_ words: [String], isUnprivileged: Bool = false) throws -> ChildProcess {
        var environment = BuiltProgram.environment
        environment["DOKU_TOKEN_ROTATOR_CONFIG"] = "config.yaml"
        let settings = words.prefix { $0.contains("=") && !$0.hasPrefix("-") }
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = parts[1].isEmpty ? nil : String(parts[1])
        }
        var command = [BuiltProgram.rotator] + words.dropFirst(settings.count)
        if isUnprivileged, geteuid() == 0 {
            // Still root, but without the right to pass over permissions: as any user among its own files.
            command = ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"] + command
        }
        return try ChildProcess(
            command[0], Array(command.dropFirst()), environment: environment, directory: directory, scratch: scratch)
    }

    /// Takes the ending of a run, and looks through all that it left.
    func finish(_ process: ChildProcess) throws {
        let ending = try process.ending()
        last = ending
        let printed = scratch.appending(path: "stdout")
        try ending.standardOutput.write(to: printed)
        variables["stdout"] = printed.path
        try search(ending)
    }

    @discardableResult
    func shell(_ command: String) throws -> ChildProcess.Ending {
        try home.run("/bin/bash", ["-c", command], environment: variables)
    }

    // MARK: Secrets and tokens in wrong places

    /// Reads what secrets and tokens there are, then looks for them everywhere else.
    func search(_ ending: ChildProcess.Ending) throws {
        try learn()
        var places = [("standard output", ending.standardOutput), ("standard error", ending.standardError)]
        for path in try filesBelow("") where !mayHoldSecrets(path) {
            places.append((path, Data(path.utf8) + ((try? Data(contentsOf: url(path))) ?? Data())))
        }
        for (place, data) in places {
            if let finding = canary.finding(in: data) {
                throw TestFailure("\(place) gives away a secret or a token that begins with \(finding)")
            }
        }
    }

    /// Reads the secrets and tokens that there are.
    func learn() throws {
        for path in try filesBelow("") {
            let isSecret = path.hasPrefix("secrets/") || path.hasPrefix("credentials/")
            let isOutput = outputDirectories.contains { path.hasPrefix($0 + "/") }
            guard isSecret || isOutput, let data = try? Data(contentsOf: url(path)) else { continue }
            let text = String(decoding: data, as: UTF8.self)
            if isSecret {
                canary.add(text.trimmingCharacters(in: .whitespacesAndNewlines))
            } else {
                for token in tokens(in: text) { canary.addToken(token) }
            }
        }
    }

    private func mayHoldSecrets(_ path: String) -> Bool {
        givenFiles.contains(path)
            || (outputDirectories + ["secrets", "credentials"]).contains { path.hasPrefix($0 + "/") }
    }
}
