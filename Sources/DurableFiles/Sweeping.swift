// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension Directory {
    /// Unlinks temporaries that a killed run left behind, in one pass over the directory.
    ///
    /// Call it under the run's lock, before the first publication. Where another program publishes into the directory,
    /// nothing is swept: a leftover looks like a file that is being written. A file goes when it has a temporary's
    /// name, is regular, ours, and has no second link. What cannot be read or unlinked stays: the next run tries again.
    /// After it the directory is not locked: see ``shareLock()``.
    ///
    /// - Parameter names: The names that are published to, and whose temporaries are therefore ours; asked for only
    ///   where there is a temporary.
    /// - Returns: How many files were unlinked.
    @discardableResult
    package func sweep(names: @autoclosure () -> Set<String>) -> Int {
        let isAlone = lockIfAlone()
        defer { unlock() }
        guard isAlone else { return 0 }
        var swept = 0
        for entry in temporaries(of: names) where isLeftover(entry) {
            let unlinked = try? attempt(.unlink, entry) { unsafe unlinkat(descriptor.number, entry, 0) }
            if unlinked != nil { swept += 1 }
        }
        return swept
    }

    private func temporaries(of names: () -> Set<String>) -> [String] {
        // Opened anew, since a copy of the descriptor would share its place in the directory.
        let opened = try? attempt(.open, path) {
            unsafe openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let number = opened else { return [] }
        guard let stream = unsafe fdopendir(number) else {
            _ = close(number)
            return []
        }
        defer { unsafe closedir(stream) }
        var found: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { field in
                // Most entries are no temporaries: one glance is enough for those.
                unsafe field.first == UInt8(ascii: ".") ? Array(field.prefix { $0 != 0 }) : []
            }
            guard let target = TemporaryName.target(of: name), names().contains(target) else { continue }
            found.append(String(decoding: name, as: UTF8.self))
        }
        return found
    }

    private func isLeftover(_ entry: String) -> Bool {
        guard let status = try? look(descriptor, entry, path: entry) else { return false }
        return FileKind(mode: status.mode) == .regular && status.owner == geteuid() && status.links == 1
    }
}
