// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Model

/// The pending hooks, each with its brands. A killed run or a failed hook leaves them to the next run.
///
/// The file is one JSON document with its own version number:
/// `{"version":1,"hooks":[{"name":"reload","since":1795339800,"changed":["kopi"],"failed":[]}]}`.
package struct HookJournal: Sendable, Equatable {
    /// The brands of one pending hook. Both sets may be empty: the hook is still run.
    package struct Entry: Sendable, Equatable {
        /// The start of the first run that did not deliver it.
        package var since: Timestamp
        /// Names of brands.
        package var changed: Set<String> = []
        package var failed: Set<String> = []

        package init(since: Timestamp, changed: Set<String> = [], failed: Set<String> = []) {
            self.since = since
            self.changed = changed
            self.failed = failed
        }

        package var hasNoBrands: Bool { changed.isEmpty && failed.isEmpty }

        /// The brands of both entries, with the earlier start.
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
    /// In bytes. Enough for 32 hooks, each with ten thousand brands of the longest names in both sets.
    package static let maximumSize = 64 << 20

    /// Reads a file's bytes. A disk failure, another version or an editor may have written them.
    package init(_ bytes: [UInt8]) throws(InvalidJournal) {
        guard bytes.count <= Self.maximumSize else { throw .malformed }
        let (decoder, data) = (JSONDecoder(), Data(bytes))
        // Another version may have another structure. The version error is then more useful.
        guard let version = try? decoder.decode(Version.self, from: data).version else { throw .malformed }
        guard version == Self.version else { throw .unknownVersion }
        guard let document = try? decoder.decode(Document.self, from: data) else { throw .malformed }
        for hook in document.hooks {
            guard Brand.isName(hook.name), hook.changed.allSatisfy(Brand.isName), hook.failed.allSatisfy(Brand.isName)
            else { throw .malformed }
            let entry = Entry(
                since: Timestamp(seconds: hook.since), changed: Set(hook.changed), failed: Set(hook.failed))
            guard entries.updateValue(entry, forKey: hook.name) == nil else { throw .malformed }
        }
    }

    /// The file's bytes. Equal journals have equal bytes.
    package var bytes: [UInt8] {
        func list(_ names: Set<String>) -> String { "[" + names.sorted().map(\.json).joined(separator: ",") + "]" }
        let hooks = entries.sorted { $0.key < $1.key }.map { name, entry in
            "{\"name\":\(name.json),\"since\":\(entry.since.seconds),\"changed\":\(list(entry.changed)),"
                + "\"failed\":\(list(entry.failed))}"
        }
        return Array("{\"version\":\(Self.version),\"hooks\":[\(hooks.joined(separator: ",\n"))]}\n".utf8)
    }

    private struct Version: Decodable {
        let version: Int
    }

    private struct Document: Decodable {
        struct Hook: Decodable {
            let name: String
            let since: Int64
            let changed: [String]
            let failed: [String]
        }

        let hooks: [Hook]
    }
}

/// Why bytes are not a valid journal.
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
