// SPDX-License-Identifier: Apache-2.0

package import DurableFiles
package import Model

/// Reads a configuration from a file.
package enum ConfigurationSource {
    /// In bytes. 10,000 brands take about 1,000,000.
    static let maximumSize = 4 * 1024 * 1024

    /// Reads the file at a path.
    /// - Throws: ``InvalidConfiguration``, or a `FileError`.
    package static func read(_ path: String) throws -> Configuration { try read(InputFile(path: path), path: path) }

    /// Reads a file that is already open.
    /// - Parameter path: as typed, for messages.
    package static func read(_ file: InputFile, path: String) throws -> Configuration {
        try ConfigurationReader.read(
            file.read(maximumSize: maximumSize), file: path, isPrivate: file.isPrivate)
    }

    /// The brands of a configuration file; empty if the file is invalid or unreadable.
    package static func brandNames(in path: String) -> [String] {
        (try? read(path))?.brands.map(\.name) ?? []
    }

    /// Every problem of a configuration file, one line each; empty if the file is valid.
    package static func problems(in path: String) -> [String] {
        do {
            _ = try read(path)
            return []
        } catch let error as InvalidConfiguration {
            return error.lines
        } catch {
            return ["configuration: \(error)"]
        }
    }
}
