// SPDX-License-Identifier: Apache-2.0

/// Mounts that depend on a server or a program. If it stops responding, the whole mount hangs.
package enum RemoteMount {
    private static let types: Set<String> = [
        "9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "smb3", "virtiofs",
    ]

    /// The mount point of such a mount above a path, if there is one. Only the text of the path counts: following
    /// links could hang too.
    /// - Parameter path: Absolute, without `.` and `..`.
    package static func point(over path: String) -> String? {
        var nearest: MountTable.Mount?
        for mount in MountTable.mounts where isInside(path, mount.point) {
            // The later of two mounts at one point is on top.
            if mount.point.count >= nearest?.point.count ?? 0 { nearest = mount }
        }
        guard let nearest, nearest.point != [UInt8(ascii: "/")] else { return nil }
        let type = String(decoding: nearest.type, as: UTF8.self)
        guard types.contains(type) || type == "fuse" || type.hasPrefix("fuse.") else { return nil }
        return String(decoding: nearest.point, as: UTF8.self)
    }

    private static func isInside(_ path: String, _ point: [UInt8]) -> Bool {
        let rest = path.utf8.dropFirst(point.count)
        return path.utf8.starts(with: point) && (rest.isEmpty || rest.first == UInt8(ascii: "/") || point.count == 1)
    }
}
