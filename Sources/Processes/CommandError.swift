// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why a command failed. Contains neither its output nor its arguments.
package enum CommandError: Error, Sendable, Equatable, CustomStringConvertible {
    case couldNotStart(errorNumber: Int32)
    /// Reading the output or waiting for the end failed.
    case lost(errorNumber: Int32)
    case timedOut
    case cancelled
    /// A status other than 0.
    case exited(status: Int32)
    case killed(signal: Int32)
    case tooMuchOutput

    package var description: String {
        switch self {
        case .couldNotStart(let number): "the command could not be started: \(Self.text(number))"
        case .lost(let number): "reading the output of the command or waiting for its end failed: \(Self.text(number))"
        case .timedOut: "the command took too long and was killed"
        case .cancelled: "the command was killed because the run was stopped"
        case .exited(let status): "the command ended with status \(status)"
        case .killed(let signal): "the command was killed by signal \(signal)"
        case .tooMuchOutput: "the command printed more than allowed and was killed"
        }
    }

    /// strerror(3) is thread-safe since glibc 2.32, and this program needs 2.34.
    private static func text(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
}
