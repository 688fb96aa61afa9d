// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A file that must be written in place, since it is a mount point of its own: what Kubernetes reads at a container's
/// end. Nobody reads it meanwhile, so it need be neither whole at every moment nor durable.
package enum OverwrittenFile {
    /// In bytes.
    package static let beginning = 64

    /// - Parameter isOurs: judges what stands there by its first bytes, at most ``beginning`` of them and at least one:
    ///   whatever else it is, it is not replaced.
    package static func write(
        _ contents: [UInt8], to path: String, over isOurs: ([UInt8]) -> Bool
    ) throws(FileError) {
        guard !path.utf8.contains(0) else { throw FileError(.open, path, .invalidName) }
        // Looked at before it is emptied: a pipe would wait, and a device would take it.
        let file = Descriptor(
            owning: try attempt(.open, path) {
                unsafe Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o644)
            })
        let kind = FileKind(mode: try look(file, path: path).mode)
        guard kind == .regular else { throw FileError(.open, path, .notARegularFile(kind)) }
        var first = [UInt8](repeating: 0, count: beginning)
        let count = try attempt(.read, path) { unsafe pread(file.number, &first, beginning, 0) }
        guard count == 0 || isOurs(Array(first.prefix(count))) else { throw FileError.foreign(path) }
        try attempt(.write, path) { ftruncate(file.number, 0) }
        try writeAll(contents, to: file.number, path: path)
    }
}
