// SPDX-License-Identifier: Apache-2.0

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
