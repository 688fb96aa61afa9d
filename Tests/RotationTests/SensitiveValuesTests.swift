// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Secrets
import Settings
import TestSupport
import Testing

@testable import Rotation

@Suite struct SensitiveValuesTests {
    /// The deadline does not limit hooks and reporting. A signal leaves no time to read all files.
    @Test(arguments: [(Cancellation.Reason?.none, true), (.deadline, true), (.terminated, false)])
    func `file values are found after the deadline, and a signal makes the search incomplete`(
        reason: Cancellation.Reason?, isWhole: Bool
    ) throws {
        let directory = try TemporaryDirectory()
        try directory.write("SK-sensitive/value+Qm7w0yTz", to: "secret")
        let text = """
            endpoint: test
            brands: [{ name: kopi, client_id: BRN-1, secret: { file: \(directory.path("secret")) }, valid_time: 6h, outputs: [{ file: \(directory.path("token")) }] }]
            """
        let stop = Cancellation()
        if let reason { stop.stop(reason) }
        var redaction = OutputRedaction(Array("it said SK-sensitive/value+Qm7w0yTz, twice".utf8))
        let configuration = try ConfigurationReader.read(Array(text.utf8), file: "c.yaml", isPrivate: true)
        let run = RotationRun(
            configuration: configuration, selection: try Selection(of: configuration, names: nil, shard: nil),
            force: false, stop: stop)
        let values = SensitiveValues(run: run, known: RedactionSet())
        #expect(values.hide(in: &redaction) == isWhole)
        if isWhole { #expect(!redaction.text().contains("SK-sensitive")) }
    }
}
