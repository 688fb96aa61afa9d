// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Model

/// The hooks that are still to be delivered, each with the brands that it is about: what a run that was killed, or a
/// hook that failed, leaves to the next run.
///
/// As a file it is one JSON document of a version of its own:
/// `{"version":1,"hooks":[{"name":"reload","since":1795339800,"changed":["kopi"],"failed":[]}]}`.
package struct HookJournal: Sendable, Equatable {
    /// What one hook is owed for. Both sets may be empty: then it is to be run all the same.
    package struct Entry: Sendable, Equatable {
        /// When the first run that owes it began.
        package var since: Timestamp
        /// Names of brands.
        package var changed: Set<String> = []
        package var failed: Set<String> = []

        package init(since: Timestamp, changed: Set<String> = [], failed: Set<String> = []) {
            self.since = since
            self.changed = changed
            self.failed = failed
        }

        package var namesNobody: Bool { changed.isEmpty && failed.isEmpty }

        /// What both are owed for, since the earlier one.
        func merged(with other: Entry) -> Entry {
            Entry(
                since: min(since, other.since), changed: changed.union(other.changed),
                failed: failed.union(other.failed))
        }
    }

    /// By the hook's name.
    package var entries: [String: Entry] = [:]

    package init() {}

    private static let version = 1
    /// Bytes: 32 hooks, each owed for ten thousand brands of the longest names twice, stay below it.
    package static let maximumSize = 64 << 20

    /// Reads a file's bytes, which a crash of the disk, another version or a hand may have made.
    package init(_ bytes: [UInt8]) throws(InvalidJournal) {
        guard bytes.count <= Self.maximumSize else { throw .malformed }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else { throw .malformed }
        guard document.version == Self.version else { throw .unknownVersion }
        for hook in document.hooks ?? [] {
            guard let since = hook.since, let changed = hook.changed, let failed = hook.failed,
                Brand.isName(hook.name), changed.allSatisfy(Brand.isName),
                failed.allSatisfy(Brand.isName)
            else { throw .malformed }
            let entry = Entry(since: Timestamp(seconds: since), changed: Set(changed), failed: Set(failed))
            guard entries.updateValue(entry, forKey: hook.name) == nil else { throw .malformed }
        }
        guard document.hooks != nil else { throw .malformed }
    }

    /// The file's bytes: the same for the same journal.
    package var bytes: [UInt8] {
        // Names of brands and hooks need no escapes.
        func list(_ names: Set<String>) -> String {
            "[" + names.sorted().map { "\"\($0)\"" }.joined(separator: ",") + "]"
        }
        let hooks = entries.sorted { $0.key < $1.key }.map { name, entry in
            "{\"name\":\"\(name)\",\"since\":\(entry.since.seconds),\"changed\":\(list(entry.changed)),"
                + "\"failed\":\(list(entry.failed))}"
        }
        return Array("{\"version\":\(Self.version),\"hooks\":[\(hooks.joined(separator: ",\n"))]}\n".utf8)
    }

    private struct Document: Decodable {
        struct Hook: Decodable {
            let name: String
            let since: Int64?
            let changed: [String]?
            let failed: [String]?
        }

        let version: Int
        let hooks: [Hook]?

        private enum Key: String, CodingKey {
            case version, hooks
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            version = try container.decode(Int.self, forKey: .version)
            // Another version may have another form; that it is another is what matters then.
            hooks = try? container.decode([Hook].self, forKey: .hooks)
        }
    }
}

/// Why bytes are no journal.
package enum InvalidJournal: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed
    case unknownVersion

    package var description: String {
        switch self {
        case .malformed: "it is damaged"
        case .unknownVersion: "it was written by another version of this program"
        }
    }
}
