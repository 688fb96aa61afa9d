// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Whether those who are to read a file get as far as its directory. Judged by the permission bits of every directory
/// on the way; an access list may grant more than they tell.
package enum DirectoryReach {
    package enum Reader: Sendable, Hashable {
        case user(UInt32)
        /// Who is in the group, and neither the directories' owner nor in another group of theirs.
        case group(UInt32)
    }

    /// A directory that does not let everybody through.
    package struct Barrier: Sendable, Equatable {
        package let path: String
        /// Whom it would let through; nil where its bits say nobody of those readers.
        package let othersGroup: UInt32?
    }

    /// The first directory from the root on that keeps `reader` out; nil where none does, or it cannot be told.
    package static func barrier(to directory: String, for reader: Reader) -> Barrier? {
        guard let path = realPath(directory) else { return nil }
        var prefix = ""
        for part in [""] + path.split(separator: "/").map(String.init) {
            prefix = prefix == "/" || part.isEmpty ? prefix + (part.isEmpty ? "/" : part) : prefix + "/" + part
            var status = stat()
            guard unsafe stat(prefix, &status) == 0 else { return nil }
            if let barrier = barrier(prefix, status, reader) { return barrier }
        }
        return nil
    }

    private static func barrier(_ path: String, _ status: stat, _ reader: Reader) -> Barrier? {
        let mode = status.st_mode
        // The kernel asks one class only (path_resolution(7)): the owner's, else the group's, else the others'.
        switch reader {
        case .user(0): return nil
        case .user(status.st_uid): return mode & S_IXUSR != 0 ? nil : Barrier(path: path, othersGroup: nil)
        case .group(status.st_gid): return mode & S_IXGRP != 0 ? nil : Barrier(path: path, othersGroup: nil)
        case .user, .group:
            if mode & S_IXOTH != 0 { return nil }
            return Barrier(path: path, othersGroup: mode & S_IXGRP != 0 ? status.st_gid : nil)
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved)
    }
}
