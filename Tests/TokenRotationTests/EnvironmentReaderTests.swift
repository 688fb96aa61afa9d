// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TokenRotation

/// The dialects against those who read such files: shells, systemd, python-dotenv and Node, as far as they are here.
@Suite struct EnvironmentReaderTests {
    private static let values = DialectValues.hard + DialectValues.random(8000, seed: 42)

    /// The first `count` values that the dialect carries, with their lines.
    private func lines(_ dialect: EnvironmentDialect, _ count: Int) throws -> [(value: String, line: String)] {
        let carried = Self.values.lazy.compactMap { value in dialect.assignment("VARIABLE", value).map { (value, $0) } }
        let lines = Array(carried.prefix(count))
        try #require(lines.count == count)
        return lines.enumerated().map { index, pair in
            (pair.0, pair.1.replacing("VARIABLE=", with: "VARIABLE_\(index)=", maxReplacements: 1))
        }
    }

    private func compare(_ read: [String: String], _ lines: [(value: String, line: String)], by reader: String) {
        for (index, pair) in lines.enumerated() {
            #expect(read["VARIABLE_\(index)"] == pair.value, "\(reader) reads \(pair.line)")
        }
    }

    @Test(arguments: ["/bin/sh", "/bin/dash", "/bin/bash", "/bin/busybox", "/bin/mksh", "/bin/zsh"])
    func `a shell reads what is written for it`(shell: String) throws {
        guard ChildProgram.isThere(shell) else { return print("skipped: no \(shell)") }
        let lines = try lines(.posix, 2400)
        let folder = try TestFolder()
        try folder.write(lines.map { "\($0.line)\n" }.joined(), to: "tokens.sh")
        let script = #". "$1" && exec /usr/bin/env -0"#
        let arguments = (shell == "/bin/busybox" ? ["sh"] : []) + ["-c", script, "sh", folder.path("tokens.sh")]
        let result = try ChildProgram.run(shell, arguments)
        #expect(result.status == 0, "\(result.errors)")
        compare(result.variables, lines, by: shell)
    }

    /// systemd reads os-release with the parser of `EnvironmentFile=` (parse_env_file, src/basic/env-file.c), and
    /// systemd-tmpfiles writes three of its fields into files without a running systemd.
    @Test func `systemd reads what is written for it`() throws {
        guard let program = ChildProgram.find("systemd-tmpfiles") else { return print("skipped: no systemd-tmpfiles") }
        let lines = try lines(.systemd, 900)
        let folder = try TestFolder()
        let fields = [("ID", "%o"), ("VERSION_ID", "%w"), ("BUILD_ID", "%B")]
        // The brackets keep blanks at the ends of a value, and make an empty one visible.
        try folder.write(fields.map { "f+ /\($0.0) - - - - [\($0.1)]\n" }.joined(), to: "fields.conf")
        for start in stride(from: 0, to: lines.count, by: fields.count) {
            let chunk = zip(fields, lines[start...])
            let file = chunk.map { field, pair in
                pair.line.replacing(/VARIABLE_[0-9]+=/, with: "\(field.0)=", maxReplacements: 1) + "\n"
            }
            try folder.write(file.joined(), to: "etc/os-release")
            let result = try ChildProgram.run(
                program, ["--create", "--root=\(folder.path(""))", folder.path("fields.conf")])
            guard result.status == 0 else {
                Issue.record("\(result.errors)")
                return
            }
            for (field, pair) in chunk {
                #expect(folder.text(field.0) == "[\(pair.value)]", "systemd reads \(pair.line)")
            }
        }
    }

    @Test func `python-dotenv reads what is written for it`() throws {
        guard let python = ChildProgram.python(importing: "dotenv") else { return print("skipped: no python-dotenv") }
        let lines = try lines(.dotenv, 2400)
        let folder = try TestFolder()
        try folder.write(lines.map { "\($0.line)\n" }.joined(), to: ".env")
        let script = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))"
        let result = try ChildProgram.run(python, ["-B", "-c", script, folder.path(".env")])
        try #require(result.status == 0, "\(result.errors)")
        compare(try JSONDecoder().decode([String: String].self, from: result.output), lines, by: "python-dotenv")
    }

    @Test func `Node reads what is written for it`() throws {
        guard let node = ChildProgram.find("node") else { return print("skipped: no node") }
        let folder = try TestFolder()
        try folder.write("PROBE=1\n", to: "probe.env")
        let script = "process.stdout.write(JSON.stringify(process.env))"
        guard try ChildProgram.run(node, ["--env-file=\(folder.path("probe.env"))", "-e", script]).status == 0 else {
            return print("skipped: this Node knows no --env-file")
        }
        let lines = try lines(.dotenv, 2400)
        try folder.write(lines.map { "\($0.line)\n" }.joined(), to: "tokens.env")
        let result = try ChildProgram.run(node, ["--env-file=\(folder.path("tokens.env"))", "-e", script])
        try #require(result.status == 0, "\(result.errors)")
        compare(try JSONDecoder().decode([String: String].self, from: result.output), lines, by: "node")
    }
}
