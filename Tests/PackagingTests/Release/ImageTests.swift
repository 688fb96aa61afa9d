// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What makes an image of a folder. `make packages` runs the real image.
@Suite struct ImageTests {
    @Test func `the tokens' directory belongs to the image's user, all else to root`() throws {
        let directory = try TemporaryDirectory()
        let image = try SmallImage(in: directory, architecture: "amd64")
        let layer = try #require((image.manifest["layers"] as? [[String: Any]])?.first?["digest"] as? String)
        let blob = "blobs/\(layer.replacing(":", with: "/"))"
        let listed = try directory.run(
            "/bin/sh", ["-c", "tar -xOf \"$1\" \"$2\" | tar -tzv --numeric-owner", "sh", image.file, blob])
        let entries = String(decoding: listed.standardOutput, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        var owners = Dictionary(
            uniqueKeysWithValues: entries.map { (String($0[5]), "\($0[0]) \($0[1])") })
        #expect(owners.removeValue(forKey: "run/doku/") == "drwxr-x--- 65532/65532")
        #expect(owners["run/"] == "drwxr-xr-x 0/0")
        #expect(owners["usr/bin/doku-token-rotator"] == "-rwxr-xr-x 0/0")
        #expect(owners.values.allSatisfy { $0.hasSuffix(" 0/0") }, "\(owners)")
    }

    @Test func `an image runs what the Dockerfile says, as its user, and twice it has the same bytes`() throws {
        let directory = try TemporaryDirectory()
        let image = try SmallImage(in: directory, architecture: "amd64")
        let config = try #require(image.configuration["config"] as? [String: Any])
        #expect(config["User"] as? String == "65532:65532")
        #expect(config["Entrypoint"] as? [String] == ["/usr/bin/doku-token-rotator"])
        #expect((config["Env"] as? [String])?.contains("SWIFT_BACKTRACE=enable=no") == true)
        let labels = try #require(config["Labels"] as? [String: String])
        #expect(labels["org.opencontainers.image.title"] == "doku-token-rotator")
        #expect(image.configuration["architecture"] as? String == "amd64")
        let first = try Data(contentsOf: URL(filePath: image.file))
        let again = try SmallImage(in: directory, architecture: "amd64")
        #expect(try Data(contentsOf: URL(filePath: again.file)) == first)
    }
}

/// An OCI archive of a root file system that has hardly anything in it.
struct SmallImage {
    let file: String
    let manifest: [String: Any]
    let configuration: [String: Any]

    init(in directory: TemporaryDirectory, architecture: String) throws {
        if !directory.names.contains("built") {
            try directory.makeDirectory("built/image/run", mode: 0o755)
            try directory.makeDirectory("built/owned/run/doku", mode: 0o750)
            try directory.write("program", to: "built/image/usr/bin/doku-token-rotator", mode: 0o755)
            try FileManager.default.createSymbolicLink(
                atPath: directory.path("built/image/lib"), withDestinationPath: "usr/lib")
        }
        let file = directory.path("small.oci.tar")
        let made = try directory.run(
            Repository.path("packaging/container/archive"), [directory.path("built"), "1.2.3-1", architecture, file],
            environment: ["SOURCE_DATE_EPOCH": "1795600800"])
        guard made.status == 0 else { throw TestFailure(String(decoding: made.standardError, as: UTF8.self)) }
        func json(_ blob: String) throws -> [String: Any] {
            let read = try directory.run("/bin/tar", ["-xOf", file, blob])
            return try #require(try JSONSerialization.jsonObject(with: read.standardOutput) as? [String: Any])
        }
        func blob(_ descriptor: Any?) throws -> [String: Any] {
            let digest = try #require((descriptor as? [String: Any])?["digest"] as? String)
            return try json("blobs/\(digest.replacing(":", with: "/"))")
        }
        self.file = file
        manifest = try blob((try json("index.json")["manifests"] as? [Any])?.first)
        configuration = try blob(manifest["config"])
    }
}
