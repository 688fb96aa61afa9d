// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The mounts that this process sees.
enum MountTable {
    /// One line of the table (proc_pid_mountinfo(5)).
    struct Mount {
        let point: [UInt8]
        /// The file system type: `ext4`, `nfs4`, `fuse.sshfs`.
        let type: [UInt8]
    }

    /// In mount order. Empty if the table cannot be read.
    static var mounts: [Mount] {
        // A large buffer only if needed: freeing one makes malloc(3) keep more memory from then on.
        let path = "/proc/self/mountinfo"
        guard
            let table = (try? InputFile.contents(of: path, maximumSize: 1 << 16))
                ?? (try? InputFile.contents(of: path, maximumSize: 4 << 20))
        else { return [] }
        return table.split(separator: UInt8(ascii: "\n")).compactMap { line in
            // "36 35 98:0 /root-of-mount /mount/point options [tags …] - type source …"
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count > 4 else { return nil }
            let type = fields.dropFirst(5).drop { !$0.elementsEqual([UInt8(ascii: "-")]) }.dropFirst().first
            return Mount(point: unescaped(fields[4]), type: Array(type ?? []))
        }
    }

    /// The names in a directory that are mount points, for kernels before 5.8, whose `statx` does not report them.
    /// Empty if the table cannot be read: a rename onto a mount point then fails later with `EBUSY`.
    static func namesOfMountPoints(in directory: borrowing Descriptor) -> Set<String> {
        guard let path = realPath(of: directory) else { return [] }
        let prefix = Array((path == "/" ? path : path + "/").utf8)
        var names: Set<String> = []
        for point in mounts.lazy.map(\.point) where point.starts(with: prefix) {
            let name = point.dropFirst(prefix.count)
            if !name.isEmpty, !name.contains(UInt8(ascii: "/")) { names.insert(String(decoding: name, as: UTF8.self)) }
        }
        return names
    }

    /// Decodes octal escapes such as `\040` for a space.
    static func unescaped(_ field: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var octal: (digits: Int, value: Int)?
        for byte in field {
            guard let pending = octal else {
                if byte == UInt8(ascii: "\\") { octal = (0, 0) } else { result.append(byte) }
                continue
            }
            let value = pending.value << 3 | Int(byte & 7)
            octal = pending.digits == 2 ? nil : (pending.digits + 1, value)
            if octal == nil { result.append(UInt8(truncatingIfNeeded: value)) }
        }
        return result
    }

    private static func realPath(of directory: borrowing Descriptor) -> String? {
        let link = "/proc/self/fd/\(directory.number)"
        return try? readSymlink(in: AT_FDCWD, link, path: link)
    }
}

func readSymlink(in directory: Int32, _ name: String, path: @autoclosure () -> String) throws(FileError) -> String {
    var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try attempt(.followSymlink, path()) {
        unsafe text.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe readlinkat(directory, name, start, bytes.count)
        }
    }
    guard count < text.count, let target = String(validating: text.prefix(count), as: UTF8.self) else {
        throw FileError(.followSymlink, path(), .invalidName)
    }
    return target
}
