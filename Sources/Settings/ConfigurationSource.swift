// SPDX-License-Identifier: Apache-2.0

package import DurableFiles
package import Model
internal import YAML

/// Reads a configuration from a file.
package enum ConfigurationSource {
    /// Reads the file at a path.
    /// - Throws: ``InvalidConfiguration``, or a `FileError`.
    package static func read(_ path: String) throws -> Configuration { try read(InputFile(path: path), path: path) }

    /// Reads a file that is already open.
    /// - Parameter path: as typed, for messages.
    package static func read(_ file: InputFile, path: String) throws -> Configuration {
        try ConfigurationReader.read(
            file.read(maximumSize: YAMLParser.byteLimit), file: path, isPrivate: file.isPrivate)
    }

    /// Whether there is something at a path, readable or not.
    package static func exists(_ path: String) -> Bool { (try? FileKind.at(path)) != nil }

    /// Every problem that an error of ``read(_:)`` has, at least one.
    /// - Parameter path: as typed.
    package static func problems(_ error: any Error, in path: String) -> [Problem] {
        (error as? InvalidConfiguration)?.listed ?? [Problem("configuration: \(problem(error))", file: path)]
    }

    /// Why a file cannot be read or locked, and what to do.
    package static func problem(_ error: any Error) -> String {
        switch (error as? FileError)?.reason {
        case .missing: "\(error); check the path, or run `doku-token-rotator init` to create a configuration"
        case .lockUnsupported: "\(error), or set state_dir to a directory on one"
        default: "\(error)"
        }
    }
}

/// The JSON Schema of the configuration: the content of `config/schema.json`.
package enum ConfigurationSchema {
    package static var text: String { String(decoding: PackageResources.schema_json, as: UTF8.self) }
}
