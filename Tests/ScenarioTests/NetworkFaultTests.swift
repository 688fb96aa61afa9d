// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The network's faults, each against the real program: `NetworkFaults/cases.py` lists them.
@Suite struct NetworkFaultTests {
    @Test("Every fault of the network ends as it must, for one brand and for three of which one is faulty")
    func faults() throws {
        let directory = try TemporaryDirectory()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "NetworkFaults/run.py")
        let ending = try directory.start("/usr/bin/python3", ["-B", script.path, BuiltProgram.rotator])
            .ending(within: 300)
        let said = String(decoding: ending.standardOutput + ending.standardError, as: UTF8.self)
        #expect(ending.status == 0, "\(said)")
        let lines = said.split(separator: "\n").filter { $0.hasPrefix("scoreboard: network faults: ") }
        #expect(lines.count == 1, "\(said)")
        for line in lines { print(line) }
    }
}
