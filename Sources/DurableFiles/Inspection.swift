// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

package struct RegularFile: Sendable, Equatable {
    package enum Contents: Sendable, Equatable {
        case bytes([UInt8])
        /// Larger than the maximum size. Nothing was read.
        case oversized
        /// The process may not read it, or the disk failed.
        case unreadable
    }

    package let contents: Contents
    /// Permission bits, with set-user-ID, set-group-ID and sticky: at most 0o7777.
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32
    /// Whether another user than this one and root may have created it.
    package let hasUntrustedOwner: Bool
    /// Last change of the contents, in seconds since 1970-01-01 UTC.
    package let modifiedSeconds: Int64

    init(_ status: linux_status, contents: Contents, in directory: Directory) {
        self.contents = contents
        hasUntrustedOwner = directory.isOpenToAll && status.owner != 0 && status.owner != geteuid()
        mode = status.mode & 0o7777
        owner = status.owner
        group = status.group
        modifiedSeconds = status.modified_seconds
    }
}

extension Directory {
    /// Reads a file that publishing may replace; nil if the name does not exist. Never blocks on a pipe or device.
    /// Refuses a symbolic link; call ``FileLocation/followingSymlinks()`` first to follow it.
    /// - Parameter maximumSize: In bytes.
    package func inspect(_ location: FileLocation, maximumSize: Int) throws(FileError) -> RegularFile? {
        guard let seen = try lookAtTarget(location) else { return nil }
        let file: Descriptor
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | withoutWaiting
        do {
            file = Descriptor(
                owning: try attempt(.open, path(of: location.name)) {
                    unsafe location.withName { name in unsafe openat(descriptor.number, name, flags) }
                })
        } catch {
            switch error.errorNumber {
            case ENOENT: return nil
            // The name became a link after the first check (O_NOFOLLOW).
            case ELOOP: throw FileError(.open, path(of: location.name), .isSymlink, errorNumber: ELOOP)
            case EACCES, EPERM, EIO, ESTALE: return RegularFile(seen, contents: .unreadable, in: self)
            default: throw error
            }
        }
        let status = try file.regularStatus(path(of: location.name))
        let contents: RegularFile.Contents
        do {
            contents = .bytes(try file.read(size: status.size, maximumSize: maximumSize, path(of: location.name)))
        } catch {
            contents = error.reason == .tooLarge || error.reason == .unstable ? .oversized : .unreadable
        }
        return RegularFile(status, contents: contents, in: self)
    }
}
