// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension Directory {
    /// Removes temporary files that a killed run left behind, and returns their number.
    ///
    /// Call it under the lock of the run, before the first publication. If another program publishes here, nothing is
    /// removed: its temporary files look like leftovers. Errors are ignored: the next run tries again. Afterwards the
    /// directory is not locked; see ``shareLock()``.
    ///
    /// - Parameters:
    ///   - names: The names that the run publishes to. Evaluated only if there is a temporary file.
    ///   - isCancelled: Checked before each removal.
    @discardableResult
    package func sweep(names: @autoclosure () -> Set<String>, isCancelled: () -> Bool = { false }) -> Int {
        // As far as locks show, no other process publishes here until the lock is released.
        let isAlone = flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        defer { unlock() }
        guard isAlone else { return 0 }
        return temporaries(of: names).count { entry in
            !isCancelled() && isLeftover(entry)
                && (try? attempt(.unlink, entry) { unsafe unlinkat(descriptor.number, entry, 0) }) != nil
        }
    }

    private func temporaries(of names: () -> Set<String>) -> [String] {
        // A new descriptor, since a duplicate would share the read position.
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
                // Most entries are not temporary files: the first byte shows it.
                unsafe field.first == UInt8(ascii: ".") ? Array(field.prefix { $0 != 0 }) : []
            }
            guard let target = TemporaryName.target(of: name), names().contains(target) else { continue }
            found.append(String(decoding: name, as: UTF8.self))
        }
        return found
    }

    /// Whether it is a regular file of this user without a second link.
    private func isLeftover(_ entry: String) -> Bool {
        var status = linux_status()
        let found = try? attempt(.look, entry) { unsafe linux_look(descriptor.number, entry, &status) }
        return found != nil && FileKind(mode: status.mode) == .regular && status.owner == geteuid() && status.links == 1
    }
}
