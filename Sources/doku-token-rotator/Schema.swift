// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Settings
internal import TokenRotation

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of the configuration, for editors and checks.")

    func run() throws {
        try Console.deliver(ConfigurationSchema.text)
    }
}
