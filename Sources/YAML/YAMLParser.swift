// SPDX-License-Identifier: Apache-2.0
// The module YAML: a document by libyaml, with the place of each value.

/// Reads one YAML document and rejects what a configuration does not need.
///
/// Rejected are tags, merge keys, several documents, duplicate keys, keys that are not scalars, deep nesting,
/// excessive aliases, and bytes that are not plain UTF-8 text. A UTF-8 byte order mark at the start is skipped.
package enum YAMLParser {
    /// More than any real configuration: 40,000 brands fit.
    package static let byteLimit = 4 << 20
    /// Nested sequences and mappings, with aliases expanded. libyaml has no limit and takes quadratic time.
    static let depthLimit = 32
    /// All nodes from aliases together. An alias bomb is rejected while the document is small.
    static let aliasedNodeLimit = 100_000
    /// All nodes: more than a real configuration of 4 MiB has, fewer than 4 MiB of list dashes.
    static let nodeLimit = 1_000_000

    /// An empty file, or only comments, is an error.
    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> YAMLDocument {
        let offset = try SourceBytes.check(bytes)
        guard offset < bytes.count else { throw DocumentBuilder.empty }
        return unsafe try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) in
            let events = unsafe try EventStream(UnsafeBufferPointer(rebasing: buffer[offset...]))
            return try DocumentBuilder(events: events, size: buffer.count).document()
        }
    }
}
