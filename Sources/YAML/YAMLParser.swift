// SPDX-License-Identifier: Apache-2.0
// The module YAML: a document by libyaml, with the place of each value.

/// Reads one YAML document, more strictly than YAML asks: what a configuration file has no use for is refused.
///
/// Refused are tags, merge keys, several documents, duplicate keys, keys that are not scalars, deep nesting,
/// aliases that multiply, and bytes that are not plain UTF-8 text. A UTF-8 byte order mark at the start is skipped.
package enum YAMLParser {
    /// Sequences and mappings inside each other, aliases expanded. libyaml has no limit and is quadratic in the depth.
    package static let depthLimit = 32
    /// Nodes that may come from aliases, all together; a bomb is refused while the tree is still small.
    package static let aliasedNodeLimit = 100_000
    /// Nodes in all: more than 4 MiB of real configuration hold, less than 4 MiB of list dashes would make.
    package static let nodeLimit = 1_000_000

    /// An empty file, or one of comments only, is an error.
    ///
    /// - Parameter knownKeys: Keys to be numbered from 0 on, whether the document has them or not.
    package static func parse(_ bytes: [UInt8], knownKeys: [String] = []) throws(YAMLError) -> YAMLDocument {
        let offset = try SourceBytes.check(bytes)
        guard offset < bytes.count else { throw DocumentBuilder.empty }
        return unsafe try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) in
            var builder = DocumentBuilder(
                events: unsafe try EventStream(UnsafeBufferPointer(rebasing: buffer[offset...])),
                keys: KeyTable(knownKeys), size: buffer.count)
            return try builder.document()
        }
    }
}
