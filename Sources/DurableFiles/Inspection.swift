// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// The state of a name that may be published to.
package enum FileState: Sendable, Equatable {
    case absent
    case regular(RegularFile)
}

/// A regular file as it was read.
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
    /// Reads a file that publishing may replace. Never blocks on a pipe or device.
    ///
    /// - Parameter maximumSize: Bytes; a larger file is reported as ``RegularFile/Contents/oversized``.
    package func inspect(name: String, maximumSize: Int) throws(FileError) -> FileState {
        guard let location = FileLocation(name: name) else { throw FileError(.look, path(of: name), .invalidName) }
        return try inspect(location, maximumSize: maximumSize)
    }

    /// The same for a location whose directory is this one.
    ///
    /// Refuses a symbolic link; call ``FileLocation/followingSymlinks()`` first to follow it. Takes five system
    /// calls: status of the name, open, status of the open file, read, close.
    package func inspect(_ location: FileLocation, maximumSize: Int) throws(FileError) -> FileState {
        guard let seen = try lookAtTarget(location) else { return .absent }
        let file: Descriptor
        do {
            file = Descriptor(
                owning: try attempt(.open, path(of: location.name)) {
                    unsafe location.withName { name in
                        unsafe openat(
                            descriptor.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                    }
                })
        } catch {
            switch error.errorNumber {
            case ENOENT: return .absent
            // The name became a link after the first check (O_NOFOLLOW).
            case ELOOP: throw FileError(.open, path(of: location.name), .isSymlink, errorNumber: ELOOP)
            case EACCES, EPERM, EIO, ESTALE: return .regular(RegularFile(seen, contents: .unreadable, in: self))
            default: throw error
            }
        }
        let status = try look(file, path: path(of: location.name))
        let kind = FileKind(mode: status.mode)
        guard kind == .regular else { throw FileError(.open, path(of: location.name), .notARegularFile(kind)) }
        do {
            let bytes = try readAll(file, size: status.size, maximumSize: maximumSize, path: path(of: location.name))
            return .regular(RegularFile(status, contents: .bytes(bytes), in: self))
        } catch {
            switch error.reason {
            case .tooLarge, .unstable: return .regular(RegularFile(status, contents: .oversized, in: self))
            default: return .regular(RegularFile(status, contents: .unreadable, in: self))
            }
        }
    }
}

/// Reads a whole file into one buffer, from its start. The file offset does not matter.
///
/// - Parameter size: Size from the file status; 0 also means "unknown to the kernel" (procfs).
/// - Throws: ``FileError/Reason/tooLarge`` above the maximum, ``FileError/Reason/unstable`` if the file grew. The
///   bytes read so far are wiped.
func readAll(
    _ file: borrowing Descriptor, size: UInt64, maximumSize: Int, path: @autoclosure () -> String
) throws(FileError) -> [UInt8] {
    guard size <= UInt64(maximumSize) else { throw FileError(.read, path(), .tooLarge) }
    // One byte more than expected: a full buffer means that there is more.
    let capacity = (size > 0 ? Int(size) : maximumSize) + 1
    let number = file.number
    var failure: FileError?
    var bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        do throws(FileError) {
            while count < capacity {
                let read = try attempt(.read, path()) {
                    guard let start = buffer.baseAddress else { return 0 }
                    return unsafe pread(number, start + count, capacity - count, off_t(count))
                }
                count += read
                // A short read of a regular file means its end. Equal sizes save the last call, which would return 0.
                if read == 0 || UInt64(count) == size { break }
            }
        } catch {
            failure = error
        }
    }
    if failure == nil, bytes.count == capacity {
        failure = FileError(.read, path(), size > 0 ? .unstable : .tooLarge)
    }
    if let failure {
        wipe(&bytes)
        throw failure
    }
    return bytes
}
