// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A day, written by people as 2026-11-25 and in pages as mdoc(7) wants it: November 25, 2026.
struct ManualDate: ExpressibleByArgument, CustomStringConvertible {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    let description: String

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2]), 1...12 ~= month, 1...31 ~= day, year > 0
        else { return nil }
        description = "\(Self.months[month - 1]) \(day), \(year)"
    }
}
