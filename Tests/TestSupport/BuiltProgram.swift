// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The programs under test: they are in the build directory, beside the tests.
package enum BuiltProgram {
    /// `DOKU_TEST_ROTATOR` names another one, such as a build from which a step was taken.
    package static let rotator =
        ProcessInfo.processInfo.environment["DOKU_TEST_ROTATOR"] ?? directory + "/doku-token-rotator"
    package static let sandbox = directory + "/doku-sandbox"

    package static let directory: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
        return URL(filePath: tests).deletingLastPathComponent().path
    }()

    /// What every program is given: nothing of the tests' own environment but where to find programs, and what
    /// sanitizers and coverage want.
    package static let environment: [String: String] = {
        var kept = ProcessInfo.processInfo.environment.filter { name, _ in
            ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"].contains(name) || name.hasSuffix("SAN_OPTIONS")
        }
        kept["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        kept["LC_ALL"] = "C"
        return kept
    }()
}
