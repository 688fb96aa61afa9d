// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import FoundationEssentials

/// A problem of a whole command, such as an invalid configuration.
package struct Problem: Sendable, Equatable {
    package let message: String
    /// The path of the file with the problem, as typed; nil if no file has it.
    package var file: String?
    /// Both count from 1; nil if the whole file has the problem.
    package var line: Int?
    package var column: Int?

    package init(_ message: String, file: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.message = message
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column: message`, or the message alone if the line is unknown.
    package var text: String {
        guard let file, let line, let column else { return message }
        return "\(VisibleText.escaping(file)):\(line):\(column): \(message)"
    }

    var json: JSONObject {
        ["message": message, "file": file.map(LexicalPath.absolute), "line": line, "column": column]
    }
}

/// The members that the JSON documents of all commands begin with. `config/report.schema.json` describes them.
package struct DocumentHead: Sendable, Equatable {
    package let command: String
    /// The path of the configuration as typed; nil if the command reads none.
    package var configuration: String?
    /// The URL of the token API; nil if no configuration could be read.
    package var endpoint: String?
    package var shard: Shard?
    /// False only for a run that may request and publish tokens.
    package var isDryRun = true
    package var problems: [Problem] = []

    package init(_ command: String, configuration: String? = nil, shard: Shard? = nil) {
        self.command = command
        self.configuration = configuration
        self.shard = shard
    }
}

extension JSONText {
    /// Writes a document of a command: its head, then a line for each member and for each item of its lists, in pieces
    /// of at most one item.
    /// - Parameters:
    ///   - exit: the exit status of the command, and what it says.
    ///   - lists: written after the members, item by item.
    package static func writeDocument(
        _ head: DocumentHead, exit: (code: Int32, meaning: String),
        _ members: KeyValuePairs<String, any JSONValue> = [:],
        lists: KeyValuePairs<String, any Sequence<JSONObject>> = [:], to write: (String) -> Void
    ) {
        let common: KeyValuePairs<String, any JSONValue> = [
            "command": head.command, "version": ProgramVersion.text, "host": ProcessInfo.processInfo.hostName,
            "configuration": head.configuration.map(LexicalPath.absolute), "endpoint": head.endpoint,
            "shard": head.shard.map { "\($0.index)/\($0.count)" }, "dry_run": head.isDryRun,
            "exit_code": exit.code, "exit_meaning": exit.meaning,
        ]
        write("{\n" + (Array(common) + members).map { "  \($0.key.json): \($0.value.json)" }.joined(separator: ",\n"))
        let problems: KeyValuePairs<String, any Sequence<JSONObject>> = ["problems": head.problems.lazy.map(\.json)]
        for (key, items) in Array(problems) + lists {
            write(",\n  \(key.json): [")
            var isEmpty = true
            for item in items {
                write((isEmpty ? "\n    " : ",\n    ") + item.json)
                isEmpty = false
            }
            write(isEmpty ? "]" : "\n  ]")
        }
        write("\n}\n")
    }

    /// A place of a token: the absolute path of a file, or a name such as `kubernetes:NAMESPACE/NAME/KEY` unchanged.
    package static func place(_ path: String) -> String {
        path.prefix { $0 != "/" }.contains(":") ? path : LexicalPath.absolute(path)
    }
}
