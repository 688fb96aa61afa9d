// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A file that is written in place because it is a mount point, such as the termination message of a Kubernetes
/// container. It is not read during the write, so the write is neither atomic nor durable.
package enum OverwrittenFile {
    /// How many bytes at the start of the file are checked.
    package static let beginning = 64

    /// - Parameter isOurs: Receives the first bytes of a file that is not empty, at most ``beginning``. If it returns
    ///   false, the file is not changed.
    package static func write(
        _ contents: [UInt8], to path: String, over isOurs: ([UInt8]) -> Bool
    ) throws(FileError) {
        let file = try Descriptor(
            opening: path, O_RDWR | O_CREAT | O_NOFOLLOW | withoutWaiting, mode: 0o644, path: path)
        // Checked before it is truncated: a pipe would block, and a device would accept the bytes.
        _ = try file.regularStatus(path)
        var first = [UInt8](repeating: 0, count: beginning)
        let count = try attempt(.read, path) { unsafe pread(file.number, &first, beginning, 0) }
        guard count == 0 || isOurs(Array(first.prefix(count))) else { throw FileError(.look, path, .foreign) }
        try attempt(.write, path) { ftruncate(file.number, 0) }
        try file.write(contents, path)
    }
}
