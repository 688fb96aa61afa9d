// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// One of the servers in `Servers`: it says in its first line where it listens, and ends when its standard input does.
package final class PythonServer {
    /// Its first line.
    package let announcement: String
    private let process: ChildProcess

    /// The path of a script in `Servers`.
    package static func script(_ name: String) -> String { Repository.path("Tests/TestSupport/Servers/\(name)") }

    package init(_ name: String, _ arguments: [String] = [], in directory: TemporaryDirectory) throws {
        process = try directory.start(Host.python, ["-B", Self.script(name)] + arguments, holdsInput: true)
        announcement = try process.firstLine()
    }

    /// Ends it.
    /// - Returns: what it printed after its first line.
    package func finish() throws -> Data {
        process.closeInput()
        return try process.ending(within: 30).standardOutput.dropFirst(announcement.utf8.count + 1)
    }
}
