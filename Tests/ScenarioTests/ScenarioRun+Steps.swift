// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

// The verbs. Paths are relative to the scenario's directory; `{{url}}`, `{{dir}}`, `{{rotator}}`, `{{manifests}}` (of
// Kubernetes), `{{stdout}}` (what the last run printed), `{{silent_disk}}` (runs a command beside a disk that hangs) and
// the columns of a table are replaced.
//
//     like NAME                     begin with the files of another scenario's folder
//     require root | mounts         skip where that is not given
//     sandbox FILE FLAG… | stop     start the sandbox with these brands
//     brands FILE                   give the running sandbox other brands
//     run NAME=VALUE… ARGUMENT…     run the rotator to its end; run-unprivileged: held to permissions, also for root
//     start …, signal NAME, wait    the same in the background
//     await-requests N, await-file FILE, await-open    until N requests came, FILE is there, the run opened config.yaml
//     hold-lock FILE, release-lock  hold flock(2)
//     receive STATUS… | stop        start a server that notes what a run tells others, in told/requests, and answers with
//                                   these statuses, then 200; {{receiver}} is its address
//     shell COMMAND                 with bash; finally COMMAND: when the scenario is over
//     write FILE TEXT | <<END, copy, remove, mkdir, chmod, link, token FILE CLIENT-ID iat SECONDS exp SECONDS
//     outputs DIRECTORY…            where tokens may be besides `tokens`
//     secret TEXT                   what must not be found, besides the sandbox's secrets and those in `secrets`
//
// What is checked: exit N, within and lasts SECONDS (from the start or the last signal), stdout and stderr (empty, is, contains,
// lacks, matches, lines), json PATH OPERATOR LITERAL, json-of FILE …, file FILE FACT…, remember FILE… and unchanged or
// changed FILE… (with inode, mode and owner), requests N FACT… (since last asked), no-temporaries DIRECTORY…,
// hides-secrets cmdline environ; and after every run, that no secret and no token is anywhere else.

extension ScenarioRun {
    /// The verbs that can find something wrong.
    static let assertions: Set<String> = [
        "exit", "within", "lasts", "stdout", "stderr", "json", "json-of", "file", "unchanged", "changed", "requests",
        "no-temporaries", "hides-secrets", "shell",
    ]

    /// Does one step.
    func perform(_ step: Step) throws {
        let rest = try expand(step.rest, row: step.row)
        let words = words(rest)
        if Self.assertions.contains(step.verb) { return try check(step.verb, words, rest) }
        func word(_ index: Int) throws -> String {
            guard words.indices.contains(index) else { throw TestFailure("a word is missing") }
            return words[index]
        }
        switch step.verb {
        // Programs.
        case "sandbox" where words == ["stop"]:
            try sandbox?.stop()
            sandbox = nil
        case "sandbox": try startSandbox(word(0), flags: Array(words.dropFirst()), row: step.row)
        case "brands":
            let brands = try expanded(word(0), row: step.row)
            try noteSecrets(of: brands)
            try sandbox?.replaceBrands(Data(brands.utf8))
        case "run": try finish(start(words))
        case "run-unprivileged": try finish(start(words, isUnprivileged: true))
        case "start":
            opening = try OpenWatch(url("config.yaml"))
            background = try start(words)
        case "signal": try running.signal(Self.signalNumber(word(0)))
        case "wait":
            try finish(running)
            background = nil
        case "await-requests":
            let count = try Int(word(0)) ?? 0
            try waitUntil(30, for: "\(count) requests") { (sandbox?.newRequestCount ?? 0) >= count }
        case "await-open": try waitUntil(30, for: "the configuration to be opened") { opening?.hasSeen == true }
        case "await-file":
            let path = try url(word(0))
            try waitUntil(30, for: path.path) { FileFacts(path).kind != nil }
        case "hold-lock":
            let holder = try ChildProcess(
                "/usr/bin/flock", ["--no-fork", url(word(0)).path, "/bin/sh", "-c", "echo held; exec cat"],
                environment: BuiltProgram.environment, directory: directory, scratch: scratch, holdsInput: true)
            try waitUntil(30, for: "the lock") { !holder.outputSoFar.isEmpty }
            lockHolder = holder
        case "release-lock": lockHolder = nil
        case "receive" where words == ["stop"]: receiver = nil
        case "receive": try startReceiver(answering: words)
        case "finally": finally(rest)

        // Files.
        case "outputs": outputDirectories += words
        case "secret": canary.add(rest)
        case "remember": for path in words { remembered[path] = FileFacts(url(path)) }
        case "copy":
            try? FileManager.default.removeItem(at: url(word(1)))
            try FileManager.default.copyItem(at: url(word(0)), to: url(word(1)))
            try givenFiles.insert(word(1))
        case "write":
            let document = try step.document.map { try expand($0, row: step.row) }
            let text = document ?? words.dropFirst().joined(separator: " ")
            try Data(text.utf8).write(to: url(word(0)))
            try givenFiles.insert(word(0))
        case "remove": for path in words { try FileManager.default.removeItem(at: url(path)) }
        case "mkdir":
            for path in words {
                try FileManager.default.createDirectory(at: url(path), withIntermediateDirectories: true)
                try chmod(path, 0o755)
            }
        case "chmod": for path in words.dropFirst() { try chmod(path, Int(word(0), radix: 8) ?? 0) }
        case "token": try writeToken(words)
        case "link": try FileManager.default.createSymbolicLink(atPath: url(word(1)).path, withDestinationPath: word(0))
        case "like", "require": break
        default: throw TestFailure("unknown verb \(step.verb)")
        }
    }

    private var running: ChildProcess {
        get throws {
            guard let background else { throw TestFailure("nothing was started") }
            return background
        }
    }

    /// `token FILE CLIENT-ID iat -3600 exp 7200`: a token of these claims, the times in seconds from now.
    private func writeToken(_ words: [String]) throws {
        guard words.count == 6, let issued = Int(words[3]), let ends = Int(words[5]) else {
            throw TestFailure("FILE CLIENT-ID iat SECONDS exp SECONDS")
        }
        let now = Int(Date.now.timeIntervalSince1970)
        let claims: [String: Any] = [
            "iat": now + issued, "exp": now + ends, "sub": "payload", "user": ["businessServiceClientId": words[1]],
        ]
        let payload = try JSONSerialization.data(withJSONObject: claims, options: .sortedKeys)
        let parts = [Data(#"{"alg":"RS256"}"#.utf8), payload, Data((0..<256).map { _ in .random(in: 0...255) })].map {
            part in
            part.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        try Data(parts.joined(separator: ".").utf8).write(to: url(words[0]))
    }

    private static func signalNumber(_ name: String) throws -> Int32 {
        switch name {
        case "TERM": SIGTERM
        case "INT": SIGINT
        case "KILL": SIGKILL
        default: throw TestFailure("unknown signal \(name)")
        }
    }
}

// MARK: - Checks

extension ScenarioRun {
    private func check(_ verb: String, _ words: [String], _ rest: String) throws {
        guard let first = words.first else { throw TestFailure("a word is missing") }
        switch verb {
        case "exit":
            let status = try ended.status
            guard status == Int32(first) else { throw TestFailure("the exit status is \(status)") }
        case "within":
            let duration = try ended.duration
            guard let seconds = Double(first), duration <= .seconds(seconds * TestScale.slowdown) else {
                throw TestFailure("it took \(duration)")
            }
        case "lasts":
            let duration = try ended.duration
            guard let seconds = Double(first), duration >= .seconds(seconds) else {
                throw TestFailure("it took \(duration)")
            }
        case "stdout": try checkText(ended.standardOutput, words)
        case "stderr": try checkText(ended.standardError, words)
        case "json": try JSONStatement(rest).check(ended.standardOutput)
        case "json-of":
            let statement = rest.dropFirst(first.count).trimmingCharacters(in: .whitespaces)
            try JSONStatement(statement).check(FileFacts(url(first)).contents ?? Data())
        case "file":
            do {
                try FileFacts(url(first)).check(Array(words.dropFirst()))
            } catch {
                throw TestFailure("\(first): \(error)")
            }
        case "unchanged":
            for path in words where FileFacts(url(path)) != remembered[path] {
                throw TestFailure("\(path) is not what it was")
            }
        case "changed":
            for path in words where FileFacts(url(path)).contents == remembered[path]?.contents {
                throw TestFailure("\(path) is what it was")
            }
        case "requests": try checkRequests(words)
        case "no-temporaries":
            for directory in words {
                for path in try filesBelow(directory) where path.hasSuffix(".tmp") {
                    throw TestFailure("\(path) was left behind")
                }
            }
        case "hides-secrets": try checkHiding(words)
        default:
            let ending = try shell(rest)
            guard ending.status == 0 else {
                let said = ending.standardOutput + ending.standardError
                throw TestFailure("it ends with \(ending.status): \(String(decoding: said, as: UTF8.self))")
            }
        }
    }

    private var ended: ChildProcess.Ending {
        get throws {
            guard let last else { throw TestFailure("nothing has run") }
            return last
        }
    }

    private func checkText(_ data: Data, _ words: [String]) throws {
        let text = String(decoding: data, as: UTF8.self)
        let value = words.dropFirst().joined(separator: " ")
        let holds =
            switch words[0] {
            case "empty": text.isEmpty
            case "is": text == value
            case "contains": text.contains(value)
            case "lacks": !text.contains(value)
            case "matches": text.range(of: value, options: .regularExpression) != nil
            case "lines": text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 == Int(value)
            default: throw TestFailure("unknown comparison \(words[0])")
            }
        guard holds else { throw TestFailure("it is: \(text.prefix(2000))") }
    }

    /// `requests 3 distinct request_id same client_id valid_minutes 360`: the requests since the last such step.
    private func checkRequests(_ words: [String]) throws {
        guard let requests = try sandbox?.takeRequests() else { throw TestFailure("no sandbox runs") }
        guard requests.count == Int(words[0]) else { throw TestFailure("there were \(requests.count)") }
        var statement = words.dropFirst()
        while let fact = statement.popFirst(), let value = statement.popFirst() {
            switch fact {
            case "distinct", "same":
                let values = Set(requests.map { "\($0[value] ?? "")" })
                guard values.count == (fact == "same" ? 1 : requests.count) else {
                    throw TestFailure("\(value) is one of \(values)")
                }
            default:
                for request in requests where "\(request[fact] ?? "")" != value {
                    throw TestFailure("\(fact) is \(request[fact] ?? "not there")")
                }
            }
        }
    }

    /// Looks for secrets in the arguments, and in the environment if asked for, of the running program.
    private func checkHiding(_ words: [String]) throws {
        try learn()
        for file in words {
            guard let background else { throw TestFailure("nothing was started") }
            // A file that may not be read hides well; that it is there shows that the program still runs.
            let path = "/proc/\(background.identifier)/\(file)"
            guard background.isRunning, FileManager.default.fileExists(atPath: path) else {
                throw TestFailure("the program runs no more")
            }
            let data = (try? Data(contentsOf: URL(filePath: path))) ?? Data()
            if let finding = canary.finding(in: data) {
                throw TestFailure("\(file) gives away what begins with \(finding)")
            }
        }
    }
}
