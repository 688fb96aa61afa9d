// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Publishing
import Testing

/// Checks the dialects with their readers: shells, systemd, docker, python-dotenv and Node, if they are installed.
@Suite struct EnvironmentReaderTests {
    /// A file next to this one.
    private static func neighbour(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: name).path(percentEncoded: false)
    }

    private static func variables(_ result: ChildProgram.Result) throws -> [String: String] {
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([String: String].self, from: result.output)
    }

    @Test(arguments: ["dash", "bash", "busybox", "mksh", "zsh"])
    func `a shell reads what is written for it`(name: String) throws {
        let trips = RoundTrips(.posix, reader: name)
        guard let shell = ChildProgram.find(name) else { return trips.skip("it is not installed") }
        try trips.compare { file in
            let script = #". "$1" && exec /usr/bin/env -0"#
            let result = try ChildProgram.run(
                shell, (name == "busybox" ? ["sh"] : []) + ["-c", script, "sh", file])
            try #require(result.status == 0, "\(result.errors)")
            return result.variables
        }
    }

    @Test func `a service of systemd gets what is written for it`() throws {
        let trips = RoundTrips(.systemd, reader: "systemd")
        let folder = try TestFolder()
        try folder.write("PROBE=1\n", to: "probe.env")
        let script = Self.neighbour("systemd_environment.sh")
        let probe = try ChildProgram.run("/bin/sh", [script, folder.path("probe.env")])
        if probe.status == 77 {
            return trips.skip("it takes root, an installed systemd and control groups to start it")
        }
        try trips.compare { file in
            let result = try ChildProgram.run("/bin/sh", [script, file])
            try #require(result.status == 0, "\(result.errors)")
            return result.variables
        }
    }

    /// systemd reads os-release with the parser of `EnvironmentFile=` (parse_env_file, src/basic/env-file.c), and
    /// systemd-tmpfiles writes three of its fields into files for any user, without a running systemd.
    @Test func `systemd's parser reads what is written for it`() throws {
        let trips = RoundTrips(.systemd, reader: "systemd's parser")
        guard let program = ChildProgram.find("systemd-tmpfiles") else { return trips.skip("no systemd-tmpfiles") }
        let folder = try TestFolder()
        let fields = [("ID", "%o"), ("VERSION_ID", "%w"), ("BUILD_ID", "%B")]
        // The brackets keep blanks at the ends of a value, and make an empty one visible.
        try folder.write(fields.map { "f+ /\($0.0) - - - - [\($0.1)]\n" }.joined(), to: "fields.conf")
        try trips.compare { file in
            var received: [String: String] = [:]
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            for start in stride(from: 0, to: lines.count, by: fields.count) {
                let chunk = zip(fields, lines[start...]).map { field, line in
                    let equals = line.firstIndex(of: "=") ?? line.startIndex
                    return (field: field.0, variable: String(line[..<equals]), rest: line[equals...])
                }
                try folder.write(chunk.map { "\($0.field)\($0.rest)\n" }.joined(), to: "etc/os-release")
                let result = try ChildProgram.run(
                    program, ["--create", "--root=\(folder.path(""))", folder.path("fields.conf")])
                try #require(result.status == 0, "\(result.errors)")
                for (field, variable, _) in chunk {
                    guard let text = folder.text(field), text.hasPrefix("["), text.hasSuffix("]") else { continue }
                    received[variable] = String(text.dropFirst().dropLast())
                }
            }
            return received
        }
    }

    @Test func `the docker command reads what is written for it`() throws {
        let trips = RoundTrips(.docker, reader: "docker")
        guard let docker = ChildProgram.find("docker") else { return trips.skip("it is not installed") }
        let python = try #require(ChildProgram.python(importing: "json"))
        try trips.compare { file in
            try Self.variables(
                ChildProgram.run(python, ["-B", Self.neighbour("docker_environment.py"), "command", docker, file]))
        }
    }

    @Test func `the documented rules of docker read what is written for it`() throws {
        let python = try #require(ChildProgram.python(importing: "json"))
        try RoundTrips(.docker, reader: "docker's rules").compare { file in
            try Self.variables(
                ChildProgram.run(python, ["-B", Self.neighbour("docker_environment.py"), "rules", file]))
        }
    }

    @Test func `python-dotenv reads what is written for it`() throws {
        let trips = RoundTrips(.dotenv, reader: "python-dotenv")
        guard let python = ChildProgram.python(importing: "dotenv") else { return trips.skip("it is not installed") }
        let script = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))"
        try trips.compare(fileName: ".env") { file in
            try Self.variables(ChildProgram.run(python, ["-B", "-c", script, file]))
        }
    }

    @Test func `Node reads what is written for it`() throws {
        let trips = RoundTrips(.dotenv, reader: "node")
        guard let node = ChildProgram.find("node") else { return trips.skip("it is not installed") }
        let folder = try TestFolder()
        try folder.write("PROBE=1\n", to: "probe.env")
        let script = "process.stdout.write(JSON.stringify(process.env))"
        guard try ChildProgram.run(node, ["--env-file=\(folder.path("probe.env"))", "-e", script]).status == 0 else {
            return trips.skip("it knows --env-file from 20.6 on")
        }
        try trips.compare { file in
            try Self.variables(ChildProgram.run(node, ["--env-file=\(file)", "-e", script]))
        }
    }
}
