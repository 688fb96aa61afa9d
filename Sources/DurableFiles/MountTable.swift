// SPDX-License-Identifier: Apache-2.0

internal import Glibc

package enum MountTable {
    /// One line of the table (proc_pid_mountinfo(5)).
    private struct Mount {
        let point: String
        /// The file system type: `ext4`, `nfs4`, `fuse.sshfs`.
        let type: String

        /// Whether the mount depends on a server or a program. If that stops responding, the whole mount hangs.
        var isRemote: Bool { MountTable.remoteTypes.contains(type) || type.hasPrefix("fuse.") }

        func contains(_ path: String) -> Bool {
            let rest = path.utf8.dropFirst(point.utf8.count)
            return path.utf8.starts(with: point.utf8) && (rest.isEmpty || rest.first == 0x2F || point == "/")
        }
    }

    private static let remoteTypes: Set<String> = [
        "9p", "afs", "beegfs", "ceph", "cifs", "fuse", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "smb3",
        "virtiofs",
    ]

    /// In mount order. Empty if the table cannot be read.
    private static var mounts: [Mount] {
        // A large buffer only if needed: freeing one makes malloc(3) keep more memory from then on.
        let path = "/proc/self/mountinfo"
        let table = [1 << 16, 4 << 20].lazy.compactMap { try? InputFile(path: path).read(maximumSize: $0) }.first ?? []
        return table.split(separator: UInt8(ascii: "\n")).compactMap { line in
            // "36 35 98:0 /root-of-mount /mount/point options [tags …] - type source …"
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count > 4 else { return nil }
            let type = fields.dropFirst(5).drop { !$0.elementsEqual([UInt8(ascii: "-")]) }.dropFirst().first
            return Mount(
                point: String(decoding: unescaped(fields[4]), as: UTF8.self),
                type: String(decoding: type ?? [], as: UTF8.self))
        }
    }

    /// The mount points above these paths that depend on a server or a program. Only the text of a path counts:
    /// following links could hang too.
    /// - Parameter paths: Absolute, without `.` and `..`.
    package static func remotePoints(over paths: some Sequence<String>) -> Set<String> {
        let mounts = mounts
        guard mounts.contains(where: \.isRemote) else { return [] }
        let points = paths.compactMap { path -> String? in
            // The innermost mount; the later of two mounts at one point is on top.
            let innermost = mounts.reduce(nil as Mount?) { found, mount in
                mount.contains(path) && mount.point.utf8.count >= found?.point.utf8.count ?? 0 ? mount : found
            }
            guard let innermost, innermost.isRemote, innermost.point != "/" else { return nil }
            return innermost.point
        }
        return Set(points)
    }

    /// The names in a directory that are mount points, for kernels before 5.8, whose `statx` does not report them.
    /// Empty if the table cannot be read: a rename onto a mount point then fails later with `EBUSY`.
    static func namesOfMountPoints(in directory: borrowing Descriptor) -> Set<String> {
        let link = "/proc/self/fd/\(directory.number)"
        guard let path = try? readSymlink(in: AT_FDCWD, link, path: link) else { return [] }
        return Set(mounts.compactMap { try? FileLocation(path: $0.point) }.filter { $0.isIn(path) }.map(\.name))
    }

    /// Decodes octal escapes such as `\040` for a space.
    static func unescaped(_ field: some Collection<UInt8>) -> [UInt8] {
        let parts = field.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
        return parts[0]
            + parts.dropFirst().flatMap { part in
                [UInt8(truncatingIfNeeded: part.prefix(3).reduce(0) { $0 << 3 | Int($1 & 7) })] + part.dropFirst(3)
            }
    }
}
