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
        let table = [1 << 16, 4 << 20].lazy.compactMap { try? InputFile(path: path).read(maximumSize: $0) }.first ?? []
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
        let link = "/proc/self/fd/\(directory.number)"
        guard let path = try? readSymlink(in: AT_FDCWD, link, path: link) else { return [] }
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
}

/// Mounts that depend on a server or a program. If it stops responding, the whole mount hangs.
package enum RemoteMount {
    private static let types: Set<String> = [
        "9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "smb3", "virtiofs",
    ]

    /// The mount points of such mounts above these paths. Only the text of a path counts: following links could hang
    /// too.
    /// - Parameter paths: Absolute, without `.` and `..`.
    package static func points(over paths: some Sequence<String>) -> Set<String> {
        let mounts = MountTable.mounts
        guard mounts.contains(where: isRemote) else { return [] }
        return Set(paths.compactMap { path in point(over: path, mounts) })
    }

    private static func point(over path: String, _ mounts: [MountTable.Mount]) -> String? {
        var nearest: MountTable.Mount?
        for mount in mounts where isInside(path, mount.point) {
            // The later of two mounts at one point is on top.
            if mount.point.count >= nearest?.point.count ?? 0 { nearest = mount }
        }
        guard let nearest, isRemote(nearest), nearest.point != [UInt8(ascii: "/")] else { return nil }
        return String(decoding: nearest.point, as: UTF8.self)
    }

    private static func isRemote(_ mount: MountTable.Mount) -> Bool {
        let type = String(decoding: mount.type, as: UTF8.self)
        return types.contains(type) || type == "fuse" || type.hasPrefix("fuse.")
    }

    private static func isInside(_ path: String, _ point: [UInt8]) -> Bool {
        let rest = path.utf8.dropFirst(point.count)
        return path.utf8.starts(with: point) && (rest.isEmpty || rest.first == UInt8(ascii: "/") || point.count == 1)
    }
}
