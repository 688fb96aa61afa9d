// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A file that must be written in place, since it is a mount point of its own: what Kubernetes reads at a container's
/// end. Nobody reads it meanwhile, so it need be neither whole at every moment nor durable.
package enum OverwrittenFile {
    package static func write(_ contents: [UInt8], to path: String) throws(FileError) {
        guard !path.utf8.contains(0) else { throw FileError(.open, path, .invalidName) }
        // Looked at before it is emptied: a pipe would wait, and a device would take it.
        let file = Descriptor(
            owning: try attempt(.open, path) {
                unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o644)
            })
        let kind = FileKind(mode: try look(file, "", path: path).mode)
        guard kind == .regular else { throw FileError(.open, path, .notARegularFile(kind)) }
        try attempt(.write, path) { ftruncate(file.number, 0) }
        try writeAll(contents, to: file.number, path: path)
    }
}
