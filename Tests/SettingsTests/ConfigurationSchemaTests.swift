// SPDX-License-Identifier: Apache-2.0

import Foundation
import Settings
import Testing

@Suite struct ConfigurationSchemaTests {
    /// A real validator reads the same corpus. It needs python3 with jsonschema and PyYAML, from DOKU_TEST_PYTHON or
    /// PATH.
    @Test func `the schema and the reader agree on the corpus`() throws {
        let validator = Process()
        let python = ProcessInfo.processInfo.environment["DOKU_TEST_PYTHON"] ?? "python3"
        validator.executableURL = URL(filePath: "/usr/bin/env")
        validator.arguments = [python, "-B", Corpus.folder.appending(path: "validate_schema.py").path]
        let output = Pipe()
        validator.standardOutput = output
        validator.standardError = output
        try validator.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        validator.waitUntilExit()
        #expect(validator.terminationStatus == 0, "\(text)")
        #expect(text.contains(" 0 disagreements"), "\(text)")
    }

    @Test(arguments: ConfigurationSection.allCases)
    func `the schema and the reader know the same keys`(section: ConfigurationSection) throws {
        let data = try Data(contentsOf: Corpus.repository.appending(path: "config/schema.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let properties = try #require(root["properties"] as? [String: Any])
        let definitions = try #require(root["$defs"] as? [String: Any])
        let node: Any? =
            switch section {
            case .configuration: root
            case .tls, .defaults, .report: properties[section.rawValue]
            default: definitions[section.rawValue]
            }
        let object = try #require(node as? [String: Any])
        let known = try #require(object["properties"] as? [String: Any])
        #expect(known.keys.sorted() == section.keys.sorted())
        #expect(object["additionalProperties"] as? Bool == false)
    }
}
