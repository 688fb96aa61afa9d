// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Finds directories that keep a reader from a file. Only permission bits are checked; an access list may grant more.
package enum DirectoryReach {
    package enum Reader: Sendable, Hashable {
        case user(UInt32)
        /// A member of this group who is not the owner of the directories or in another group of theirs.
        case group(UInt32)
    }

    package struct Barrier: Sendable, Equatable {
        package let path: String
        /// Its group, if members may search the directory and the reader is not a member; otherwise nil.
        package let othersGroup: UInt32?
    }

    /// The first directory from the root that `reader` may not search; nil if all may be searched, or a path cannot
    /// be checked.
    package static func barrier(to directory: String, for reader: Reader) -> Barrier? {
        guard let resolved = unsafe realpath(directory, nil) else { return nil }
        defer { unsafe free(resolved) }
        guard let path = unsafe String(validatingCString: resolved) else { return nil }
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for prefix in ["/"] + ends.map({ String(path[..<$0]) }) {
            var status = stat()
            guard unsafe stat(prefix, &status) == 0 else { return nil }
            if let barrier = barrier(prefix, status, reader) { return barrier }
        }
        return nil
    }

    private static func barrier(_ path: String, _ status: stat, _ reader: Reader) -> Barrier? {
        let mode = status.st_mode
        // The kernel checks one class only (path_resolution(7)): owner, else group, else others.
        switch reader {
        case .user(0): return nil
        case .user(status.st_uid): return mode & S_IXUSR != 0 ? nil : Barrier(path: path, othersGroup: nil)
        case .group(status.st_gid): return mode & S_IXGRP != 0 ? nil : Barrier(path: path, othersGroup: nil)
        case .user, .group:
            if mode & S_IXOTH != 0 { return nil }
            return Barrier(path: path, othersGroup: mode & S_IXGRP != 0 ? status.st_gid : nil)
        }
    }
}
