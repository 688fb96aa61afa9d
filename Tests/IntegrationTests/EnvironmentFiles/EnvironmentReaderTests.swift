// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Publishing
import TestSupport
import Testing

/// Checks the dialects with their readers: shells, systemd, docker, python-dotenv and Node, if they are installed.
@Suite struct EnvironmentReaderTests {
    /// A file next to this one.
    private static func neighbour(_ name: String) -> String {
        Repository.path("Tests/IntegrationTests/EnvironmentFiles/\(name)")
    }

    private static func find(_ name: String) -> String? {
        ["/usr/local/bin", "/usr/bin", "/bin"].map { "\($0)/\(name)" }
            .first(where: FileManager.default.isExecutableFile)
    }

    /// The variables in the output of a JSON printer.
    private static func variables(_ result: ChildProcess.Ending) throws -> [String: String] {
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([String: String].self, from: result.standardOutput)
    }

    /// The variables in the output of `env -0`.
    private static func environment(_ result: ChildProcess.Ending) throws -> [String: String] {
        try #require(result.status == 0, "\(result.errors)")
        let pairs = result.standardOutput.split(separator: 0).map { entry in
            let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                String(decoding: parts[0], as: UTF8.self), String(decoding: parts.dropFirst().joined(), as: UTF8.self)
            )
        }
        return Dictionary(pairs) { $1 }
    }

    @Test(arguments: ["dash", "bash", "busybox", "mksh", "zsh"])
    func `a shell reads what is written for it`(name: String) throws {
        let trips = try RoundTrips(.posix, reader: name)
        guard let shell = Self.find(name) else { return trips.skip("it is not installed") }
        try trips.compare { file in
            let script = #". "$1" && exec /usr/bin/env -0"#
            return try Self.environment(
                trips.directory.run(shell, (name == "busybox" ? ["sh"] : []) + ["-c", script, "sh", file]))
        }
    }

    @Test func `a service of systemd gets what is written for it`() throws {
        let trips = try RoundTrips(.systemd, reader: "systemd")
        try trips.directory.write("PROBE=1\n", to: "probe.env")
        let script = Self.neighbour("systemd_environment.sh")
        let probe = try trips.directory.run("/bin/sh", [script, trips.directory.path("probe.env")])
        if probe.status == 77 {
            return trips.skip("it takes root, an installed systemd and control groups to start it")
        }
        try trips.compare { file in
            try Self.environment(trips.directory.run("/bin/sh", [script, file]))
        }
    }

    /// systemd reads os-release with the parser of `EnvironmentFile=` (parse_env_file, src/basic/env-file.c), and
    /// systemd-tmpfiles writes three of its fields into files for any user, without a running systemd.
    @Test func `systemd's parser reads what is written for it`() throws {
        let trips = try RoundTrips(.systemd, reader: "systemd's parser")
        guard let program = Self.find("systemd-tmpfiles") else { return trips.skip("no systemd-tmpfiles") }
        let fields = [("ID", "%o"), ("VERSION_ID", "%w"), ("BUILD_ID", "%B")]
        // The brackets keep blanks at the ends of a value, and make an empty one visible.
        try trips.directory.write(fields.map { "f+ /\($0.0) - - - - [\($0.1)]\n" }.joined(), to: "fields.conf")
        try trips.compare { file in
            var received: [String: String] = [:]
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            for start in stride(from: 0, to: lines.count, by: fields.count) {
                let chunk = zip(fields, lines[start...]).map { field, line in
                    let equals = line.firstIndex(of: "=") ?? line.startIndex
                    return (field: field.0, variable: String(line[..<equals]), rest: line[equals...])
                }
                try trips.directory.write(chunk.map { "\($0.field)\($0.rest)\n" }.joined(), to: "etc/os-release")
                let result = try trips.directory.run(
                    program, ["--create", "--root=\(trips.directory.path(""))", trips.directory.path("fields.conf")])
                try #require(result.status == 0, "\(result.errors)")
                for (field, variable, _) in chunk {
                    guard let text = trips.directory.text(field), text.hasPrefix("["), text.hasSuffix("]") else {
                        continue
                    }
                    received[variable] = String(text.dropFirst().dropLast())
                }
            }
            return received
        }
    }

    @Test func `the docker command reads what is written for it`() throws {
        let trips = try RoundTrips(.docker, reader: "docker")
        guard let docker = Self.find("docker") else { return trips.skip("it is not installed") }
        try trips.compare { file in
            try Self.variables(
                trips.directory.run(
                    Host.python, ["-B", Self.neighbour("docker_environment.py"), "command", docker, file]))
        }
    }

    @Test func `the documented rules of docker read what is written for it`() throws {
        let trips = try RoundTrips(.docker, reader: "docker's rules")
        try trips.compare { file in
            try Self.variables(
                trips.directory.run(Host.python, ["-B", Self.neighbour("docker_environment.py"), "rules", file]))
        }
    }

    @Test func `python-dotenv reads what is written for it`() throws {
        let trips = try RoundTrips(.dotenv, reader: "python-dotenv")
        guard try trips.directory.run(Host.python, ["-B", "-c", "import dotenv"]).status == 0 else {
            return trips.skip("it is not installed")
        }
        let script = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))"
        try trips.compare(fileName: ".env") { file in
            try Self.variables(trips.directory.run(Host.python, ["-B", "-c", script, file]))
        }
    }

    @Test func `Node reads what is written for it`() throws {
        let trips = try RoundTrips(.dotenv, reader: "node")
        guard let node = Self.find("node") else { return trips.skip("it is not installed") }
        try trips.directory.write("PROBE=1\n", to: "probe.env")
        let script = "process.stdout.write(JSON.stringify(process.env))"
        guard
            try trips.directory.run(node, ["--env-file=\(trips.directory.path("probe.env"))", "-e", script]).status == 0
        else {
            return trips.skip("it knows --env-file from 20.6 on")
        }
        try trips.compare { file in
            try Self.variables(trips.directory.run(node, ["--env-file=\(file)", "-e", script]))
        }
    }
}
