// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// What a test finds wrong with its own surroundings, or a scenario with a program.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The clone that the tests were built from.
package enum Repository {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().standardizedFileURL

    package static func url(_ path: String) -> URL { root.appending(path: path) }

    package static func path(_ path: String) -> String { url(path).path }
}

/// What this machine lets tests do.
package enum Host {
    /// A Python with the modules that `.ci/prepare` installs: the system's own, unless `DOKU_TEST_PYTHON` names another.
    package static let python = ProcessInfo.processInfo.environment["DOKU_TEST_PYTHON"] ?? "/usr/bin/python3"

    /// Root may mount, but not in most containers.
    package static let mayMount: Bool = {
        let attempt = try? TemporaryDirectory().run("/usr/bin/unshare", ["--mount", "/bin/true"])
        return attempt?.status == 0
    }()
}

/// Waits until something is true, for `seconds` at most.
package func waitUntil(_ seconds: Double, for what: String, until condition: () -> Bool) throws {
    let end = Date.now.addingTimeInterval(seconds)
    while !condition() {
        guard Date.now < end else { throw TestFailure("waited \(seconds) s in vain for \(what)") }
        Thread.sleep(forTimeInterval: 0.01)
    }
}
